/** One task: what it asks for, and every model's answer beside that. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams as usePath } from "wouter";

import { taskAnswersQuery, type TaskAnswersFilter, tasksQuery } from "../../api/queries.ts";
import { useHeldQuery } from "../../hooks/useHeldQuery.ts";
import { useParams } from "../../hooks/useParams.ts";
import { useTitle } from "../../hooks/useTitle.ts";
import { money, percent } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { modelHref } from "../../lib/rows.ts";
import { taskHref } from "../../lib/tasks.ts";
import { useShownAs } from "../../nav/link.ts";
import { Figure } from "../../ui/Figure.tsx";
import { Export } from "../../ui/Export.tsx";
import { Moment } from "../../ui/Moment.tsx";
import { Answer, Panel } from "../../ui/Panel.tsx";
import { Select } from "../../ui/Select.tsx";
import { Answers } from "./Answers.tsx";
import { NewResults } from "./NewResults.tsx";
import { PAGE_SIZE, RESULTS, type TaskAnswers } from "./results.ts";

export default function TaskPage() {
  const { task } = usePath<{ task: string }>();
  const [params, update] = useParams();
  useTitle(`Task ${task}`);
  const result = RESULTS.find(([each]) => each === params.get("result"))?.[0];
  const page = Math.max(1, Number(params.get("page")) || 1);
  const filter: TaskAnswersFilter = { limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
  const source = params.get("set");
  if (source) filter.source = source;
  if (result) filter.result = result;
  const found = useQuery(taskAnswersQuery(task, filter));
  const held = useHeldQuery(found, { of: `${task} ${params}`, stampOf: (answers) => answers });
  const data = held.data;
  useShownAs(data ? { set: data.source } : {});
  return (
    <div className="space-y-5">
      <header className="flex flex-wrap items-end justify-between gap-4 pt-2">
        <div className="min-w-0">
          <p className="text-muted text-sm">
            <Link href={data ? `/tasks?set=${data.source}` : "/tasks"} className="link">
              Tasks
            </Link>{" "}
            {data && `· ${setName(data.source)}`}
          </p>
          <h1 className="font-mono text-3xl font-semibold tracking-[-0.02em] break-all">{task}</h1>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <NewResults of={held} />
          {data && data.sources.length > 1 && (
            <Select
              label="Task set"
              value={data.source}
              options={data.sources.map((each) => [each, setName(each)] as const)}
              onPick={(set) => update({ set, page: null })}
            />
          )}
          {data && <Neighbours task={task} source={data.source} />}
        </div>
      </header>
      <Answer query={{ ...found, data }} what="the task" lines={10}>
        {(task) => (
          <>
            <Facts task={task} />
            <Panel
              title="Every model's answer"
              hint="Solved first, then the best score first. Crosses mark cells that differ."
              aside={<Export name={`Answers to ${task.puzzleId}`} rows={() => task.answers} />}
            >
              <Answers task={task} result={result} page={page} />
            </Panel>
          </>
        )}
      </Answer>
    </div>
  );
}

/** The next easier and the next harder task. */
function Neighbours({ task, source }: { task: string; source: string }) {
  const { data } = useQuery(tasksQuery());
  const tasks = data?.data.find((set) => set.source === source)?.tasks ?? [];
  const place = tasks.findIndex(({ puzzleId }) => puzzleId === task);
  const to = (next: number, name: string) => {
    const id = place < 0 ? undefined : tasks[next]?.puzzleId;
    if (id === undefined)
      return (
        <button type="button" className="button" disabled>
          {name}
        </button>
      );
    return (
      <Link href={taskHref(id, source)} className="button">
        {name}
      </Link>
    );
  };
  return (
    <nav aria-label="Tasks by difficulty" className="flex gap-2">
      {to(place - 1, "← Easier")}
      {to(place + 1, "Harder →")}
    </nav>
  );
}

function Facts({ task }: { task: TaskAnswers }) {
  const { firstSolved: first, cheapestSolve: cheapest } = task;
  const solver = ({
    dataset,
    model,
    displayName,
  }: {
    dataset: string;
    model: string;
    displayName: string;
  }) => (
    <Link href={modelHref(dataset, model)} className="link break-words">
      {displayName}
    </Link>
  );
  return (
    <dl className="panel grid grid-cols-2 gap-5 p-5 lg:grid-cols-4">
      <Figure
        name="Solved by"
        value={task.answeredBy ? `${task.solvedBy} of ${task.answeredBy}` : "–"}
        note={task.answeredBy ? "models that answer it" : "no model answers it"}
      />
      <Figure name="Difficulty" value={percent(task.difficulty)} note="of them do not solve it" />
      <Figure
        name="First solved"
        className="text-base"
        value={first ? solver(first) : "not yet"}
        note={first && <Moment at={first.at} />}
      />
      <Figure
        name="Cheapest solve"
        value={cheapest ? money(cheapest.cost) : "–"}
        note={cheapest && solver(cheapest)}
      />
    </dl>
  );
}
