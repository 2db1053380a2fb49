import type { PlanNode } from './explain.ts';

/** Rows that a statement may take up, or throw away, for the 101 of a page at most. */
const mostRows = 5_000;

/** What is wrong with a plan: nothing where it costs about the same however much there is. */
export function findingsIn(plan: PlanNode): string[] {
  return nodesOf(plan).flatMap((node) => {
    const rows = node['Actual Rows'] * node['Actual Loops'];
    const removed = removedBy(node) * node['Actual Loops'];
    const name = [node['Node Type'], node['Relation Name'], node['Index Name']].filter(Boolean).join(' ');
    return [
      ...(node['Node Type'] === 'Seq Scan' && rows + removed > 1_000 ? [`${name} reads a whole table`] : []),
      ...(removed > mostRows ? [`${name} discards ${removed} rows`] : []),
      ...(rows > mostRows ? [`${name} gives ${rows} rows`] : []),
    ];
  });
}

function removedBy(node: PlanNode): number {
  return (
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Join Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0)
  );
}

/** In a count or a sort too: what it gives is never more than what is below it. */
function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
