import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

/** Wraps long lines: on a phone there is no room to scroll sideways. */
export function WrapLines() {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const answer = useGraphiQL((state) => state.responseEditor);

  useEffect(() => {
    for (const editor of [query, variables, answer]) editor?.updateOptions({ wordWrap: 'on' });
  }, [query, variables, answer]);
  return null;
}
