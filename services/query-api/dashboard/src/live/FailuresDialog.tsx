/** Which ingestions failed, why, and that somebody has seen it. */
import { Link } from "wouter";

import { NAME, short } from "../lib/clip.ts";
import { Ago } from "../ui/Ago.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Name } from "../ui/Name.tsx";
import { see } from "./kept.ts";
import type { Failure } from "./notices.ts";

export function FailuresDialog({ failures, onClose }: { failures: readonly Failure[]; onClose: () => void }) {
  return (
    <Dialog title="Failed ingestions" onClose={onClose}>
      {failures.length === 0 && <p className="text-muted text-sm">All of them were seen.</p>}
      <ul className="divide-line divide-y">
        {failures.map(({ key, model, dataset, reason, at, run }) => (
          <li
            key={key}
            data-testid="failure"
            className="flex flex-wrap items-start gap-x-4 gap-y-2 py-3 text-sm"
          >
            <div className="min-w-0 flex-1 basis-60">
              <p className="font-semibold">
                <Name text={model} />
              </p>
              <p className="text-muted wrap-anywhere">
                {short(dataset, NAME)} · <Ago at={at} />
              </p>
              <p className="mt-1 line-clamp-4 wrap-anywhere">{reason}</p>
            </div>
            <div className="flex items-center gap-3">
              <Link
                href={run === null ? "/ingestion" : `/ingestion?run=${run}`}
                className="link"
                onClick={onClose}
              >
                {run === null ? "History" : `Run ${run}`}
              </Link>
              <button type="button" className="button" onClick={() => see([key])}>
                Seen<span className="sr-only"> that {model} failed</span>
              </button>
            </div>
          </li>
        ))}
      </ul>
      {failures.length > 1 && (
        <button
          type="button"
          className="button mt-3"
          onClick={() => {
            see(failures.map(({ key }) => key));
            onClose();
          }}
        >
          All seen
        </button>
      )}
    </Dialog>
  );
}
