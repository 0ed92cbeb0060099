/** One task: its grids, and what each attempt answered. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "wouter";

import type { ModelRow } from "../../api/client.ts";
import { modelQuery, taskQuery } from "../../api/queries.ts";
import { useDatasets } from "../../hooks/useDatasets.ts";
import { useHeldAnswer } from "../../hooks/useHeldAnswer.ts";
import { useParams } from "../../hooks/useParams.ts";
import { keyOf } from "../../lib/rows.ts";
import { cells, type TaskCell, taskHref } from "../../lib/tasks.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { Name } from "../../ui/Name.tsx";
import { News } from "../../ui/News.tsx";
import { Answer } from "../../ui/Panel.tsx";
import { TaskFile } from "./provenance/TaskFile.tsx";
import { StateBadge } from "./StateBadge.tsx";
import { TaskGrids } from "./TaskGrids.tsx";

export function TaskDialog({ row, task }: { row: ModelRow; task: string }) {
  const found = useQuery(taskQuery(row.dataset, row.model, task));
  const held = useHeldAnswer(found.data, {
    of: `${keyOf(row)} ${task}`,
    stamp: found.data,
    follows: found.data === undefined,
  });
  const detail = useQuery(modelQuery(row.dataset, row.model));
  const [, update] = useParams();
  const { nameOf } = useDatasets();
  const order = detail.data ? cells(detail.data) : [];
  const place = order.findIndex(({ id }) => id === task);
  const go = (next: TaskCell | undefined) => next && update({ task: next.id }, { replace: true });
  const state = order[place]?.state;

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
          <StateBadge state={state} />
          <span className="text-muted text-sm font-normal">
            <Name text={row.displayName} /> · {nameOf(row)}
          </span>
        </span>
      }
      actions={
        <Steps
          task={task}
          source={row.source}
          back={place > 0 ? () => go(order[place - 1]) : undefined}
          forth={place >= 0 && place < order.length - 1 ? () => go(order[place + 1]) : undefined}
        />
      }
    >
      <div className="-mt-3">
        <News of={{ news: held.isBehind ? "New version" : "", show: held.show }} what="the task" />
      </div>
      <Answer query={{ ...found, data: held.shown }} what="the task" lines={8}>
        {(data) => (
          <>
            <TaskFile task={data} />
            <TaskGrids task={data} />
          </>
        )}
      </Answer>
    </Dialog>
  );
}

interface StepsProps {
  task: string;
  source: string;
  back: (() => unknown) | undefined;
  forth: (() => unknown) | undefined;
}

/** To every model's answer, and to the tasks beside this one. */
function Steps({ task, source, back, forth }: StepsProps) {
  return (
    <>
      <Link href={taskHref(task, source)} className="button" title="Every model's answer to this task">
        All <span className="sr-only sm:not-sr-only">models</span>
      </Link>
      <button type="button" className="button" disabled={!back} onClick={() => back?.()}>
        ← <span className="sr-only sm:not-sr-only">Previous</span>
      </button>
      <button type="button" className="button" disabled={!forth} onClick={() => forth?.()}>
        <span className="sr-only sm:not-sr-only">Next</span> →
      </button>
    </>
  );
}
