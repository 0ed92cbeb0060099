/** When the next sync comes, how the last one went, who is at work, and what the Hub still allows. */
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client.ts";
import { cronQuery, statusQuery } from "../../api/queries.ts";
import { useNow } from "../../hooks/useNow.ts";
import { ahead, count } from "../../lib/format.ts";
import { inWords, lastSync } from "../../lib/schedule.ts";
import { Ago } from "../../ui/Ago.tsx";
import { Dot, Status } from "../../ui/Badge.tsx";
import { Bar } from "../../ui/Bar.tsx";
import { Moment } from "../../ui/Moment.tsx";
import { Answer, Panel } from "../../ui/Panel.tsx";
import { SyncButton } from "./SyncButton.tsx";

function sentence(cron: Schemas["CronStatusAnswer"]): string {
  if (!cron.cronEnabled) return "Scheduled syncs are switched off: ENABLE_CRON_JOBS is false.";
  const what = cron.autoIngest ? "detected and ingested" : "detected (not ingested by themselves)";
  return `New models are automatically ${what} ${inWords(cron.schedule)}.`;
}

export function Schedule() {
  const cron = useQuery(cronQuery());
  const status = useQuery(statusQuery());
  return (
    <div className="grid gap-5 lg:grid-cols-3">
      <Panel title="Schedule" className="lg:col-span-2" aside={<SyncButton />}>
        <div className="min-h-44 sm:min-h-32">
          <Answer query={cron} what="the schedule" lines={4}>
            {(data) => <Syncs cron={data} />}
          </Answer>
        </div>
      </Panel>
      <Panel title="At work">
        <Answer query={status} what="the state of the services" lines={5}>
          {(data) => <Workers status={data} />}
        </Answer>
      </Panel>
    </div>
  );
}

function Syncs({ cron }: { cron: Schemas["CronStatusAnswer"] }) {
  const now = useNow();
  return (
    <div className="space-y-4">
      {cron.nextRun && (
        <p className="bg-accent-soft text-accent inline-flex flex-wrap gap-x-1.5 rounded-full px-3.5 py-1.5 text-sm font-medium">
          Next scheduled sync: <Moment at={cron.nextRun} />
          <span>({ahead(cron.nextRun, now)})</span>
        </p>
      )}
      <p>{sentence(cron)}</p>
      {cron.lastRun ? (
        <p className="text-muted flex flex-wrap items-center gap-2 text-sm">
          Last sync <Ago at={cron.lastRun} /> <Status status={cron.lastStatus ?? "–"} />
          {lastSync(cron)}
        </p>
      ) : (
        <p className="text-muted text-sm">No sync has run yet.</p>
      )}
      {cron.lastError && <p className="text-bad text-sm break-words">{cron.lastError}</p>}
    </div>
  );
}

function Workers({ status }: { status: Schemas["Status"] }) {
  const { ingesters, watcher, hub } = status;
  const { idle, busy, waiting } = ingesters;
  const counts = `${idle ?? 0} idle, ${busy ?? 0} busy, ${waiting ?? 0} waiting`;
  const workers: [name: string, alive: boolean | null, text: string][] = [
    ["Ingesters", ingesters.alive, ingesters.alive === null ? "not known" : counts],
    [
      "Watcher",
      watcher.alive && !watcher.silent,
      watcher.silent ? "overdue" : watcher.alive ? "listening" : "not heard of",
    ],
    ["Hub", hub.reachable, hub.reachable ? new URL(hub.endpoint).host : "unreachable"],
  ];
  return (
    <ul className="space-y-3.5 text-sm">
      {workers.map(([name, alive, text]) => (
        <li key={name} className="flex items-center gap-2.5">
          <Dot tone={alive === null ? "plain" : alive ? "good" : "bad"} alive={alive === true} />
          <span className="font-medium">{name}</span>
          <span className="text-muted ml-auto truncate text-right">{text}</span>
        </li>
      ))}
      {hub.quotaLeft !== null && hub.quotaLimit !== null && (
        <Quota left={hub.quotaLeft} limit={hub.quotaLimit} resetsAt={hub.quotaResetsAt} />
      )}
    </ul>
  );
}

function Quota({ left, limit, resetsAt }: { left: number; limit: number; resetsAt: string | null }) {
  const now = useNow();
  const text = `${count(left)} of ${count(limit)} requests`;
  const className = left * 5 < limit ? "bg-bad" : "bg-good";
  return (
    <li>
      <div className="mb-1.5 flex justify-between gap-3">
        <span>Hub quota left</span>
        <span className="text-muted">{text}</span>
      </div>
      <Bar label={`${text} left`} total={limit} parts={[{ label: "Left", value: left, className }]} />
      {resetsAt && <p className="text-muted mt-1.5 text-xs">whole again {ahead(resetsAt, now)}</p>}
    </li>
  );
}
