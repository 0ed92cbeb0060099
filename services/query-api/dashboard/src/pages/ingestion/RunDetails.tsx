/** Everything about one run. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import type { Run } from "../../api/client.ts";
import { runErrorsQuery } from "../../api/queries.ts";
import { count, duration, percent, plural } from "../../lib/format.ts";
import { modelHref } from "../../lib/rows.ts";
import { both } from "../../lib/time.ts";
import { ErrorTable } from "../../ui/ErrorTable.tsx";
import { Export } from "../../ui/Export.tsx";
import { Pager } from "../../ui/Pager.tsx";
import { Answer } from "../../ui/Panel.tsx";
import { Scroll } from "../../ui/Scroll.tsx";

const PAGE = 20;

export function tookOf(run: Run): string {
  return run.completedAt ? duration(run.durationMs) : "–";
}

export function accuracyOf(run: Run): string {
  return run.accuracyPercent === null ? "–" : percent(run.accuracyPercent / 100);
}

export function RunDetails({ run }: { run: Run }) {
  const facts: [string, string][] = [
    ["Run", String(run.id)],
    ["Started", both(run.startedAt)],
    ["Completed", run.completedAt ? both(run.completedAt) : "–"],
    ["Files", `${count(run.successful)} used, ${count(run.failed)} failed, ${count(run.skipped)} skipped`],
    ["Took", tookOf(run)],
    ["Score", percent(run.score)],
    ["Score of submitted", accuracyOf(run)],
    ["Deliveries", String(run.deliveryCount ?? "–")],
    ["Task set", run.source ?? "–"],
    ["Commit", run.revision?.slice(0, 12) ?? "–"],
    ["Folder's tree", run.treeOid?.slice(0, 12) ?? "–"],
  ];
  return (
    <div className="bg-raised space-y-4 rounded-xl p-4">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd className="mt-0.5 text-sm break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {run.errorLog && (
        <Scroll label="Error" className="bg-bad-soft max-h-60 overflow-auto rounded-lg p-3">
          <pre className="text-bad text-xs whitespace-pre-wrap">{run.errorLog}</pre>
        </Scroll>
      )}
      {run.status !== "running" && <RunErrors run={run.id} />}
      {run.dataset && (run.status === "completed" || run.status === "partial") && !run.dryRun && (
        <Link href={modelHref(run.dataset, run.datasetName)} className="link text-sm">
          Show the model
        </Link>
      )}
    </div>
  );
}

/** What was wrong with its files, page by page. */
function RunErrors({ run }: { run: number }) {
  const [page, setPage] = useState(1);
  const found = useQuery({
    ...runErrorsQuery(run, { limit: PAGE, offset: (page - 1) * PAGE }),
    placeholderData: keepPreviousData,
  });
  return (
    <Answer query={found} what="the files' errors" lines={2}>
      {({ total, fatal, findings, errors }) =>
        total === 0 ? null : (
          <div data-testid="run-errors" data-picture>
            <p className="mb-2 text-sm">
              <strong className="font-semibold">{plural(fatal, "file")}</strong> could not be used
              {total > fatal ? `; ${plural(total - fatal, "finding")} in what was` : ""}.
            </p>
            <Export name={`Errors of run ${run}`} rows={() => errors} />
            <ErrorTable findings={findings} errors={errors} />
            <Pager label={`errors of run ${run}`} page={page} size={PAGE} total={total} go={setPage} />
          </div>
        )
      }
    </Answer>
  );
}
