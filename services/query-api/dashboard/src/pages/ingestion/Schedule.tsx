/** When the next sync comes, how the last one went, who is at work, and what the Hub still allows. */
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client.ts";
import { cronQuery, statusQuery } from "../../api/queries.ts";
import { useNow } from "../../hooks/useNow.ts";
import { ago, ahead, count, moment, plural } from "../../lib/format.ts";
import { inWords } from "../../lib/schedule.ts";
import { Dot, Status, type Tone } from "../../ui/Badge.tsx";
import { Bar } from "../../ui/Bar.tsx";
import { Answer, Panel } from "../../ui/Panel.tsx";
import { SyncButton } from "./SyncButton.tsx";

export function sentence(cron: Schemas["CronStatusAnswer"]): string {
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
          Next scheduled sync: <time dateTime={cron.nextRun}>{moment(cron.nextRun)}</time>
          <span>({ahead(cron.nextRun, now)})</span>
        </p>
      )}
      <p>{sentence(cron)}</p>
      {cron.lastRun ? (
        <p className="text-muted flex flex-wrap items-center gap-2 text-sm">
          Last sync {ago(cron.lastRun, now)} <Status status={cron.lastStatus ?? "–"} />
          found {plural(cron.lastNewModelsFound ?? 0, "new model")}
          {cron.lastTrigger ? `, asked for by ${cron.lastTrigger.replace("_", " ")}` : ""}
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
  const now = useNow();
  return (
    <ul className="space-y-3.5 text-sm">
      <Worker
        name="Ingesters"
        alive={ingesters.alive}
        text={
          ingesters.alive === null
            ? "not known"
            : `${ingesters.idle ?? 0} idle, ${ingesters.busy ?? 0} busy, ${ingesters.waiting ?? 0} waiting`
        }
      />
      <Worker
        name="Watcher"
        alive={watcher.alive === null ? null : watcher.alive && !watcher.silent}
        text={watcher.silent ? "overdue" : watcher.alive ? "listening" : "not heard of"}
      />
      <Worker
        name="Hub"
        alive={hub.reachable}
        text={hub.reachable ? new URL(hub.endpoint).host : "unreachable"}
      />
      {hub.quotaLeft !== null && hub.quotaLimit !== null && (
        <li>
          <div className="mb-1.5 flex justify-between gap-3">
            <span>Hub quota left</span>
            <span className="text-muted">
              {count(hub.quotaLeft)} of {count(hub.quotaLimit)} requests
            </span>
          </div>
          <Bar
            label={`${count(hub.quotaLeft)} of ${count(hub.quotaLimit)} requests left`}
            total={hub.quotaLimit}
            height={8}
            parts={[
              {
                label: "Left",
                value: hub.quotaLeft,
                className: hub.quotaLeft * 5 < hub.quotaLimit ? "fill-bad" : "fill-good",
              },
            ]}
          />
          {hub.quotaResetsAt && (
            <p className="text-muted mt-1.5 text-xs">whole again {ahead(hub.quotaResetsAt, now)}</p>
          )}
        </li>
      )}
    </ul>
  );
}

function Worker({ name, alive, text }: { name: string; alive: boolean | null; text: string }) {
  const tone: Tone = alive === null ? "plain" : alive ? "good" : "bad";
  return (
    <li className="flex items-center gap-2.5">
      <Dot tone={tone} alive={alive === true} />
      <span className="font-medium">{name}</span>
      <span className="text-muted ml-auto truncate text-right">{text}</span>
    </li>
  );
}
