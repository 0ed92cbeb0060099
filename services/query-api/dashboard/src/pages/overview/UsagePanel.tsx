/** What a submission cost: money, tokens, time. */
import type { UseQueryResult } from "@tanstack/react-query";

import type { ModelDetail, ModelRow } from "../../api/client.ts";
import { compact, duration, money, share } from "../../lib/format.ts";
import { Figure } from "../../ui/Figure.tsx";
import { Late, Panel } from "../../ui/Panel.tsx";
import { Traced } from "./provenance/Traced.tsx";

export function UsagePanel({ row, detail }: { row: ModelRow; detail: UseQueryResult<ModelDetail> }) {
  const time = detail.data?.attempts.reduce((sum, { overall }) => sum + (overall?.totalTime ?? 0), 0);
  const untold = detail.error ? "could not be loaded" : "not told";
  const perSolved = share(row.totalCost, row.tasksSolved ?? 0);
  return (
    <Panel title="What it took" hint="All attempts together.">
      <dl className="grid grid-cols-2 gap-x-5 gap-y-5">
        <Figure
          name="Cost"
          value={
            <Traced row={row} by="cost">
              {money(row.totalCost)}
            </Traced>
          }
          note="in all"
        />
        <Figure
          name="Per task"
          value={
            <Traced row={row} by="cost">
              {money(share(row.totalCost, row.tasksSubmitted))}
            </Traced>
          }
          note={perSolved === null ? "–" : `${money(perSolved)} per solved task`}
        />
        <Figure
          name="Tokens"
          value={
            <Traced row={row} by="tokens">
              {compact(row.totalTokens)}
            </Traced>
          }
          note={`${compact(share(row.totalTokens, row.tasksSubmitted))} per task`}
        />
        <Figure
          name="Time"
          value={
            <Traced row={row} by="time">
              <Late query={detail}>{time ? duration(time) : "–"}</Late>
            </Traced>
          }
          note={time ? `${duration(share(time, row.tasksSubmitted))} per task` : untold}
        />
      </dl>
    </Panel>
  );
}
