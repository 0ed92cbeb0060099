/** The file that answers a task, at the commit and by the run that brought it. */
import { Link } from "wouter";

import type { TaskDetail } from "../../../api/client.ts";
import { Edition, runHref } from "./Facts.tsx";
import { FileLink } from "./FileLink.tsx";

export function TaskFile({ task }: { task: TaskDetail }) {
  const { provenance: from, blobOid } = task;
  if (!from || !blobOid) return null;
  return (
    <p className="text-muted mb-5 flex flex-wrap items-baseline gap-x-3 gap-y-1 text-xs">
      <FileLink file={task} />
      <span>
        blob{" "}
        <span className="font-mono" title={blobOid}>
          {blobOid.slice(0, 10)}
        </span>
      </span>
      <span>
        commit <span className="font-mono">{from.revision.slice(0, 10)}</span>
      </span>
      <Link className="link" href={runHref(from.runId)}>
        run {from.runId}
      </Link>
      {from.rulesVersion !== null && <span>rules {from.rulesVersion}</span>}
      {from.taskSetVersion && (
        <span>
          edition <span className="font-mono">{from.taskSetVersion}</span> <Edition from={from} />
        </span>
      )}
    </p>
  );
}
