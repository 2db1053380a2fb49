import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { exampleNamed } from './example-groups.ts';
import { fillIn, type Values } from './example-values.ts';

/**
 * Opens an example in the editor: in the tab that has it already, in the current one if it is empty, or in a
 * new one. Values in `known` take precedence when its placeholders are filled in.
 */
export function useOpenExample(): (file: string, known?: Values) => Promise<void> {
  const { addTab, changeTab, stop, updateActiveTabValues } = useGraphiQLActions();
  const tabs = useGraphiQL((state) => state.tabs);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);

  return async (file, known = {}) => {
    const example = exampleNamed(file);
    const variables = example.variables ? await fillIn(example.variables, known) : '';
    const open = tabs.findIndex((tab) => tab.query === example.source);
    stop();
    if (open >= 0) changeTab(open);
    else if (queryEditor?.getValue().trim()) addTab();
    queryEditor?.setValue(example.source);
    variableEditor?.setValue(variables);
    updateActiveTabValues({ query: example.source, variables, operationName: example.name });
  };
}
