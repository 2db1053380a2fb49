import { type Example, exampleGroups } from './example-groups.ts';
import { useOpenExample } from './use-open-example.ts';

/** Operations to try: a click opens one in the editor, with its variables filled in. */
export function ExampleList() {
  return (
    <section aria-label="Examples">
      <h2>Examples</h2>
      {exampleGroups.map(({ title, examples }) => (
        <div key={title} className="questline-group">
          <h3>{title}</h3>
          <ul>
            {examples.map((example) => (
              <ExampleLine key={example.name} example={example} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function ExampleLine({ example }: { example: Example }) {
  const openExample = useOpenExample();
  return (
    <li>
      <button type="button" title={example.about} onClick={() => openExample(example.file)}>
        <span className="questline-kind" data-kind={example.kind} title={example.kind} />
        {example.name}
      </button>
    </li>
  );
}
