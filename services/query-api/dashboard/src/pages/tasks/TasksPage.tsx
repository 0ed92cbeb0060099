/** Every task of a set across all models. */
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client.ts";
import { tasksQuery } from "../../api/queries.ts";
import { useHeldQuery } from "../../hooks/useHeldQuery.ts";
import { useParams } from "../../hooks/useParams.ts";
import { useTitle } from "../../hooks/useTitle.ts";
import { count, plural } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { useShownAs } from "../../nav/link.ts";
import { Figure } from "../../ui/Figure.tsx";
import { Export } from "../../ui/Export.tsx";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { Select } from "../../ui/Select.tsx";
import { HeatMap } from "./HeatMap.tsx";
import { LETTERS, letters, type TaskSet } from "./heatmap.ts";
import { NewResults } from "./NewResults.tsx";
import { TaskTable } from "./TaskTable.tsx";

type TasksAnswer = Schemas["TasksAnswer"];

// A server that has just started reads for a while: that is followed.
const HELD = {
  stampOf: ({ data }: TasksAnswer) => data,
  isLoose: ({ complete, data }: TasksAnswer) => !complete || data.length === 0,
};

export default function TasksPage() {
  useTitle("Tasks");
  const found = useQuery(tasksQuery());
  const [params, update] = useParams();
  const held = useHeldQuery(found, HELD);
  const sets = held.data?.data ?? [];
  // Where the address names none: the set that most models answer.
  const set =
    sets.find(({ source }) => source === params.get("set")) ??
    sets.toSorted((one, other) => other.models.length - one.models.length)[0];
  useShownAs(set ? { set: set.source } : {});
  return (
    <div className="space-y-5">
      <header className="flex flex-wrap items-end justify-between gap-4 pt-2">
        <div>
          <h1 className="text-3xl font-semibold tracking-[-0.02em]">Tasks</h1>
          <p className="text-muted mt-1 text-sm">
            Which task is solved by whom, first when, and for how much.
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <NewResults of={held} />
          {set && sets.length > 1 && (
            <Select
              label="Task set"
              value={set.source}
              options={sets.map(({ source }) => [source, setName(source)] as const)}
              onPick={(source) => update({ set: source })}
            />
          )}
        </div>
      </header>
      <Answer query={{ ...found, data: held.data }} what="the tasks" lines={10}>
        {({ complete }) =>
          set ? (
            <Board set={set} complete={complete} />
          ) : (
            <Empty title="Nothing here yet.">Tasks show up by themselves when the first model lands.</Empty>
          )
        }
      </Answer>
    </div>
  );
}

function Board({ set, complete }: { set: TaskSet; complete: boolean }) {
  const solved = set.tasks.filter(({ solvedBy }) => solvedBy > 0);
  const byAll = solved.filter(({ solvedBy, answeredBy }) => solvedBy === answeredBy);
  const label = `${plural(set.models.length, "submission")} by ${plural(set.tasks.length, "task")} of ${setName(set.source)}`;
  return (
    <>
      <dl className="panel grid grid-cols-2 gap-5 p-5 sm:grid-cols-4">
        <Figure name="Submissions" value={count(set.models.length)} />
        <Figure name="Tasks" value={count(set.tasks.length)} />
        <Figure
          name="Solved by any"
          value={count(solved.length)}
          note={`${count(set.tasks.length - solved.length)} by none`}
        />
        <Figure name="Solved by all" value={count(byAll.length)} />
      </dl>
      {!complete && (
        <p role="status" className="bg-part-soft text-part rounded-xl px-4 py-3 text-sm">
          The server has just started: some models' costs and dates are still being read.
        </p>
      )}
      <Panel
        title="Task by model"
        hint="Each column is a task, the easiest first; each row a model, families together. The table below has each task's figures."
        aside={
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Legend />
            <Export name="Task by model" rows={() => set.tasks} />
          </div>
        }
      >
        <HeatMap set={set} label={label} />
      </Panel>
      <Panel
        title="All tasks"
        hint="Pick a column's name to sort by it, a task to see every model's answer."
        aside={<Export name="All tasks" rows={() => set.tasks} />}
      >
        <TaskTable set={set} />
      </Panel>
    </>
  );
}

function Legend() {
  return (
    <ul className="text-muted flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {letters.map((letter) => (
        <li key={letter} className="flex items-center gap-1.5">
          <span
            aria-hidden="true"
            className={`border-line size-3 rounded-sm border ${LETTERS[letter].swatch}`}
          />
          {LETTERS[letter].name}
        </li>
      ))}
    </ul>
  );
}
