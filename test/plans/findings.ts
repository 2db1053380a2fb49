import type { PlanNode } from './explain.ts';

/** The most rows that a statement may read or discard for a page, which has at most 101 rows. */
const mostRows = 5_000;

/** The problems of a plan; empty if its cost hardly depends on the amount of data. */
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

/** All nodes, including those below a count or a sort, which return no more rows than the nodes below them. */
function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
