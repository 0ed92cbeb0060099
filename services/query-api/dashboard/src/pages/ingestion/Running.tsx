/** Ingestions that run right now. */
import { useQuery } from "@tanstack/react-query";

import { historyQuery } from "../../api/queries.ts";
import { useNow } from "../../hooks/useNow.ts";
import { NAME, short } from "../../lib/clip.ts";
import { ago, plural } from "../../lib/format.ts";
import { useLive } from "../../live/store.ts";
import { ProgressBar } from "../../ui/Bar.tsx";
import { Name } from "../../ui/Name.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { CancelButton } from "./CancelButton.tsx";

const MOST = 20;

export function Running() {
  const live = useLive((state) => state.running);
  const { quiet, unknown } = useQuiet();
  const now = useNow();
  const items = [
    ...live.map(({ done, total, ...run }) => ({ ...run, done, total, text: `${done} of ${total} files` })),
    ...quiet.map((run) => ({
      runId: run.id,
      model: run.datasetName,
      dataset: run.dataset ?? "",
      done: null,
      total: run.totalPuzzles,
      text: `started ${ago(run.startedAt, now)}, no word of it yet`,
    })),
  ];
  return (
    <Panel title="Running now" hint={items.length ? plural(items.length, "ingestion") : undefined}>
      {/* As high with one ingestion as with many: what stands below it stays there. */}
      <Scroll label="Ingestions that run" className="h-32 overflow-y-auto">
        {items.length === 0 && (
          <p className="text-muted text-sm">
            {unknown
              ? "Not known: the server does not answer."
              : "Nothing is being ingested. What starts shows up here at once."}
          </p>
        )}
        <ul className="space-y-4">
          {items.map(({ runId, model, dataset, done, total, text }) => (
            <li key={runId} data-testid="running">
              <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
                <span className="min-w-0 wrap-anywhere">
                  <strong className="font-semibold">
                    <Name text={model} />
                  </strong>{" "}
                  <span className="text-muted">{dataset}</span>
                </span>
                <span className="text-muted flex flex-wrap gap-x-3">
                  {text}
                  <CancelButton what={{ run: runId }} name={short(model, NAME)} />
                </span>
              </div>
              <ProgressBar done={done} total={total} label={`${short(model, NAME)}: ${text}`} />
            </li>
          ))}
        </ul>
      </Scroll>
    </Panel>
  );
}

/** Runs that the database calls running and of which no event told yet: they began before this page was opened. */
function useQuiet() {
  const live = useLive((state) => state.running);
  const ended = useLive((state) => state.ended);
  const runs = useQuery(
    historyQuery({ status: "running", sort: "startedAt", order: "desc", limit: MOST, offset: 0 }),
  );
  const quiet = (runs.data?.runs ?? []).filter(
    ({ id }) => !ended.includes(id) && !live.some((each) => each.runId === id),
  );
  const connection = useLive((state) => state.connection);
  return { quiet, unknown: runs.error !== null || connection === "lost" };
}
