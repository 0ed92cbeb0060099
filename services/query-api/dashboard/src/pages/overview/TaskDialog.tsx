/** One task: its grids, and what each attempt answered. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";

import type { ModelRow, Schemas, TaskDetail } from "../../api/client.ts";
import { modelQuery, taskQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { compact, duration, money } from "../../lib/format.ts";
import { cells, stateOf } from "../../lib/tasks.ts";
import { Badge } from "../../ui/Badge.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { differences, Grid } from "../../ui/Grid.tsx";
import { Answer, Empty } from "../../ui/Panel.tsx";
import { useTaskIds } from "./useTaskIds.ts";

export function TaskDialog({ row, task }: { row: ModelRow; task: string }) {
  const found = useQuery(taskQuery(row.dataset, row.model, task));
  const detail = useQuery(modelQuery(row.dataset, row.model));
  const ids = useTaskIds(row);
  const [, update] = useParams();
  const order = detail.data ? cells(detail.data.tasks, ids.data ?? []).map(({ id }) => id) : [];
  const place = order.indexOf(task);
  const go = (id: string | undefined) => id && update({ task: id }, { replace: true });
  const state = detail.data && stateOf(detail.data.tasks.find(({ puzzleId }) => puzzleId === task));

  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.key === "ArrowLeft") go(order[place - 1]);
      if (event.key === "ArrowRight") go(order[place + 1]);
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });

  return (
    <Dialog
      wide
      onClose={() => update({ task: null })}
      title={
        <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="font-mono">{task}</span>
          {state && <StateBadge state={state} />}
          <span className="text-muted text-sm font-normal">{row.displayName}</span>
        </span>
      }
      actions={
        <>
          <button
            type="button"
            className="button px-2.5"
            aria-label="Previous task"
            disabled={place <= 0}
            onClick={() => go(order[place - 1])}
          >
            ←
          </button>
          <button
            type="button"
            className="button px-2.5"
            aria-label="Next task"
            disabled={place < 0 || place >= order.length - 1}
            onClick={() => go(order[place + 1])}
          >
            →
          </button>
        </>
      }
    >
      <Answer query={found} what="the task" lines={8}>
        {(data) => <Body task={data} />}
      </Answer>
    </Dialog>
  );
}

function StateBadge({ state }: { state: ReturnType<typeof stateOf> }) {
  const shown = {
    correct: ["good", "solved"],
    partial: ["part", "partly solved"],
    incorrect: ["bad", "not solved"],
    missing: ["plain", "not attempted"],
  } as const;
  const [tone, name] = shown[state];
  return <Badge tone={tone}>{name}</Badge>;
}

function Body({ task }: { task: TaskDetail }) {
  return (
    <div className="space-y-7">
      {task.test.map((pair, place) => (
        <section key={place} aria-label={`Test ${place + 1}`}>
          <h3 className="label mb-3">
            Test {task.test.length > 1 ? `${place + 1} of ${task.test.length}` : ""}
          </h3>
          <div className="grid grid-cols-2 gap-x-5 gap-y-6 lg:grid-cols-4">
            <Shown name="Input" cells={pair.input} />
            <Shown name="Expected" cells={pair.output} />
            {task.attempts.map((attempt, number) => (
              <Answered
                key={attempt.modelName}
                name={`Attempt ${number + 1}`}
                answer={attempt.answers[place]}
                expected={pair.output}
              />
            ))}
          </div>
        </section>
      ))}
      {task.attempts.length === 0 && <Empty title="The submission left this task out." />}
      {task.attempts.map((attempt, number) => (
        <details key={attempt.modelName} className="text-sm">
          <summary className="text-muted hover:text-ink">
            Attempt {number + 1}: {money(attempt.cost)}, {compact(attempt.tokens)} tokens,{" "}
            {duration(attempt.timeMs)}
            {attempt.reasoning ? " · how it was reasoned" : ""}
          </summary>
          {attempt.reasoning && (
            <pre className="bg-raised mt-2 max-h-72 overflow-auto rounded-lg p-3 text-xs whitespace-pre-wrap">
              {attempt.reasoning}
            </pre>
          )}
        </details>
      ))}
      <details open={task.attempts.length === 0}>
        <summary className="text-muted hover:text-ink text-sm">
          The {task.train.length} examples of this task
        </summary>
        <div className="mt-4 grid grid-cols-2 gap-5 lg:grid-cols-4">
          {task.train.map((pair, place) => (
            <div key={place} className="bg-raised col-span-2 grid grid-cols-2 gap-4 rounded-xl p-4">
              <Shown name={`Example ${place + 1}: input`} cells={pair.input} />
              <Shown name="Output" cells={pair.output} />
            </div>
          ))}
        </div>
      </details>
    </div>
  );
}

type Cells = readonly (readonly number[])[];

function size(cells: Cells): string {
  return `${cells.length} × ${cells[0]?.length ?? 0}`;
}

function Shown({ name, cells }: { name: string; cells: Cells }) {
  return (
    <figure>
      <Grid cells={cells} label={`${name}, ${size(cells)}`} />
      <figcaption className="mt-2 text-sm font-medium">
        {name} <span className="text-muted font-normal">{size(cells)}</span>
      </figcaption>
    </figure>
  );
}

function Answered({
  name,
  answer,
  expected,
}: {
  name: string;
  answer: Schemas["PairAnswer"] | undefined;
  expected: Cells;
}) {
  if (!answer?.grid) {
    return (
      <figure>
        <div className="border-strong grid aspect-square place-items-center overflow-auto rounded-lg border border-dashed p-3">
          <pre className="text-muted max-h-full max-w-full text-xs break-all whitespace-pre-wrap">
            {answer?.raw ?? "no answer"}
          </pre>
        </div>
        <figcaption className="mt-2 text-sm font-medium">
          {name} <Badge tone="bad">{answer?.raw ? "no grid" : "no answer"}</Badge>
        </figcaption>
      </figure>
    );
  }
  const wrong = differences(answer.grid, expected);
  const said = answer.correct
    ? "correct"
    : wrong === null
      ? `wrong size, ${size(answer.grid)}`
      : `${wrong} cells differ`;
  return (
    <figure>
      <Grid cells={answer.grid} expected={expected} label={`${name}, ${size(answer.grid)}, ${said}`} />
      <figcaption className="mt-2 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
        {name} <Badge tone={answer.correct ? "good" : "bad"}>{said}</Badge>
      </figcaption>
    </figure>
  );
}
