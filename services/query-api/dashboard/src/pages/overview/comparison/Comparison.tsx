/** Two submissions, task by task. */
import type { ModelRow } from "../../../api/client.ts";
import { useParams } from "../../../hooks/useParams.ts";
import { short, TWO_NAMES } from "../../../lib/clip.ts";
import { setName } from "../../../lib/names.ts";
import { type Duel, difference } from "../../../lib/tasks.ts";
import { Export } from "../../../ui/Export.tsx";
import { Name } from "../../../ui/Name.tsx";
import { News } from "../../../ui/News.tsx";
import { Answer, Empty, Panel } from "../../../ui/Panel.tsx";
import { Strip } from "../Strip.tsx";
import { figuresOf, SideBySide } from "./SideBySide.tsx";
import { type Compared, useCompared } from "./useCompared.ts";

export function Comparison(both: { first: ModelRow; second: ModelRow }) {
  const { isBehind, show, ...compared } = useCompared(both.first, both.second);
  const { first, second } = compared;
  return (
    <Panel
      title={
        <>
          <Name text={first.displayName} most={TWO_NAMES} /> and{" "}
          <Name text={second.displayName} most={TWO_NAMES} />
        </>
      }
      hint="Side by side."
      aside={
        <Export
          name={`Figures of ${first.displayName} and ${second.displayName}`}
          rows={() => figuresOf(first, second)}
        />
      }
    >
      <div className="-mt-3 mb-1">
        <News of={{ news: isBehind ? "New version" : "", show }} what="the comparison" />
      </div>
      <SideBySide first={first} second={second} />
      {first.source === second.source ? (
        <>
          <Difference {...compared} />
          <Tasks {...compared} />
        </>
      ) : (
        <Empty title="They answer different tasks.">
          {setName(first.source)} and {setName(second.source)} share no tasks to compare one by one.
        </Empty>
      )}
    </Panel>
  );
}

/** Whether they can be told apart, on the tasks that both answer. */
function Difference({ first, second, tests }: Compared) {
  return (
    <Answer query={tests} what="how far they differ" lines={1}>
      {([test]) => (
        <p data-testid="difference" className="mb-6 text-sm">
          {test && difference(test, first.displayName, second.displayName)}
        </p>
      )}
    </Answer>
  );
}

function Tasks({ first, second, tasks }: Compared) {
  const [, update] = useParams();
  const kinds: [Duel, string][] = [
    ["both", "Both solve it"],
    ["first", `Only ${short(first.displayName, TWO_NAMES)}`],
    ["second", `Only ${short(second.displayName, TWO_NAMES)}`],
    ["neither", "Neither"],
  ];
  const names = new Map(kinds);
  return (
    <Answer query={tasks} what="the comparison" lines={4}>
      {(found) => (
        <>
          <div className="mb-3 flex justify-end">
            <Export
              name={`Tasks of ${first.displayName} and ${second.displayName}`}
              rows={() => found.map(({ id, result }) => ({ task: id, solvedBy: result }))}
            />
          </div>
          <Strip
            label="Tasks of both"
            kinds={kinds}
            param="duel"
            cells={found.map(({ id, result }) => ({
              id,
              kind: result,
              name: `${id}: ${names.get(result)?.toLowerCase()}`,
            }))}
            onPick={(task) => update({ dataset: first.dataset, model: first.model, task })}
          />
        </>
      )}
    </Answer>
  );
}
