import { type Statement, statement } from '../database/statement.ts';

/**
 * How many shapes of a list get a named statement. Clients choose filters and orders, and each connection keeps each
 * named statement; so later shapes get no name and are planned each time.
 */
export const mostNamedShapes = 64;

/**
 * The statements of a list, one for each shape that is asked for.
 * @returns a function that gives the statement of a shape; it calls `text` if the shape is new
 */
export function makeShapes<Row>(
  name: string,
  { plannedAnew = false }: Pick<Statement<Row>, 'plannedAnew'> = {},
): (shape: string, text: () => string) => Statement<Row> {
  const statements = new Map<string, Statement<Row>>();
  return (shape, text) => {
    const known = statements.get(shape);
    if (known !== undefined) return known;
    // A statement without a name is PostgreSQL's unnamed one, which the next one replaces.
    if (statements.size >= mostNamedShapes) return { name: '', text: text() };
    const made = { ...statement<Row>(`${name}.${shape}`, text()), plannedAnew };
    statements.set(shape, made);
    return made;
  };
}
