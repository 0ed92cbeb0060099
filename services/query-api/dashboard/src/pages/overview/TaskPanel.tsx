/** The strip of tasks, its filters, and the same as lists. */
import { useMemo } from "react";

import type { ModelDetail, ModelRow } from "../../api/client.ts";
import { useParams } from "../../hooks/useParams.ts";
import { count } from "../../lib/format.ts";
import { type TaskState, cells } from "../../lib/tasks.ts";
import { Scroll } from "../../ui/Scroll.tsx";
import { Strip } from "./Strip.tsx";

const STATES: [TaskState, string][] = [
  ["correct", "Correct"],
  ["partial", "Partly correct"],
  ["incorrect", "Incorrect"],
  ["missing", "Not attempted"],
];
const NAMES = new Map(STATES);

export function TaskPanel({ row, detail }: { row: ModelRow; detail: ModelDetail }) {
  const found = useMemo(() => cells(detail), [detail]);
  const [, update] = useParams();
  const open = (task: string) => update({ dataset: row.dataset, model: row.model, task });
  return (
    <div>
      <Strip
        label={`Tasks of ${row.displayName}`}
        kinds={STATES}
        param="show"
        cells={found.map(({ id, state, pairsSolved, pairsTotal }) => ({
          id,
          kind: state,
          name: `${id}: ${NAMES.get(state)?.toLowerCase()}${pairsTotal > 1 ? `, ${pairsSolved} of ${pairsTotal} pairs` : ""}`,
        }))}
        onPick={open}
      />
      <details className="mt-4">
        <summary className="text-muted hover:text-ink text-sm">The same as lists</summary>
        <div className="mt-3 grid gap-5 sm:grid-cols-2 lg:grid-cols-4">
          {STATES.map(([state, name]) => (
            <List key={state} name={name} ids={found.filter((each) => each.state === state)} onPick={open} />
          ))}
        </div>
      </details>
    </div>
  );
}

interface ListProps {
  name: string;
  ids: readonly { id: string }[];
  onPick: (id: string) => void;
}

function List({ name, ids, onPick }: ListProps) {
  return (
    <div>
      <h3 className="mb-2 text-sm font-semibold">
        {name} ({count(ids.length)})
      </h3>
      <Scroll label={name} className="max-h-48 overflow-auto">
        <ul className="columns-2 gap-2 font-mono text-xs">
          {ids.map(({ id }) => (
            <li key={id}>
              <button type="button" className="hover:text-accent hover:underline" onClick={() => onPick(id)}>
                {id}
              </button>
            </li>
          ))}
        </ul>
      </Scroll>
    </div>
  );
}
