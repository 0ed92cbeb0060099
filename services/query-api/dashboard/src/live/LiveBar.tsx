/** The bar at the window's foot: pause, what just happened, failures that nobody has seen, and whether to be told. */
import { useState } from "react";
import { Link } from "wouter";

import { plural } from "../lib/format.ts";
import { Icon } from "../ui/icons.tsx";
import { FailuresDialog } from "./FailuresDialog.tsx";
import { waiting } from "./held.ts";
import { useKept } from "./kept.ts";
import { dismiss, pause, switchNotices, useLive } from "./store.ts";
import { useFailures } from "./useFailures.ts";

const QUIET = "text-muted hover:text-ink flex h-8 shrink-0 items-center gap-1.5 rounded-lg px-2 font-medium";

/** The page ends above it (App.tsx), so that it covers nothing that cannot be reached. */
export function LiveBar() {
  const [listing, setListing] = useState(false);
  const failures = useFailures();
  const notices = useKept((state) => state.notices);
  return (
    <section
      aria-label="Live updates"
      data-testid="live-bar"
      className="bg-panel border-line fixed inset-x-0 bottom-0 z-40 h-11 border-t text-sm print:hidden"
    >
      <div className="mx-auto flex h-full max-w-7xl items-center gap-2 px-2 sm:px-4">
        <Pause />
        <Notice />
        {failures.length > 0 && (
          <button
            type="button"
            className="bg-bad-soft text-bad h-8 shrink-0 rounded-lg px-2.5 font-semibold"
            onClick={() => setListing(true)}
          >
            {failures.length} failed
            <span className="sr-only"> {plural(failures.length, "ingestion")} to look at</span>
          </button>
        )}
        <button
          type="button"
          aria-pressed={notices}
          className={QUIET}
          title={notices ? "Say here what happens" : "Say nothing here"}
          onClick={() => switchNotices(!notices)}
        >
          <Icon name={notices ? "bell" : "silent"} />
          <span className="sr-only">Notices</span>
        </button>
      </div>
      {listing && <FailuresDialog failures={failures} onClose={() => setListing(false)} />}
    </section>
  );
}

function Pause() {
  const paused = useLive((state) => state.paused);
  const missed = useLive((state) => state.missed);
  const more = useLive((state) => state.missedMore);
  return (
    <>
      <button
        type="button"
        className={QUIET}
        title={paused ? "Show what happened, and what happens" : "Let nothing on the page change"}
        onClick={() => pause(!paused)}
      >
        <Icon name={paused ? "play" : "pause"} />
        {paused ? "Resume" : "Pause"}
        <span className="sr-only"> live updates</span>
      </button>
      {paused && (
        <span data-testid="paused" className="text-part truncate font-medium">
          {waiting(missed, more)}
        </span>
      )}
    </>
  );
}

const DOTS = { good: "bg-good", bad: "bg-bad", plain: "bg-accent" };

function Notice() {
  const notice = useLive((state) => state.notice);
  return (
    <div role="status" aria-live="polite" className="flex min-w-0 flex-1 items-center">
      {notice && (
        <p key={notice.id} data-testid="toast" className="flex min-w-0 flex-1 items-center gap-2">
          <span aria-hidden="true" className={`size-2 shrink-0 rounded-full ${DOTS[notice.kind]}`} />
          <span
            className="min-w-0 flex-1 truncate"
            title={[notice.title, notice.text].filter(Boolean).join(" · ")}
          >
            {notice.href ? (
              <Link href={notice.href} className="link font-semibold">
                {notice.title}
              </Link>
            ) : (
              <strong className="font-semibold">{notice.title}</strong>
            )}
            {notice.text && <span className="text-muted"> · {notice.text}</span>}
          </span>
          {notice.more > 0 && (
            <span className="text-muted shrink-0">
              <span className="sr-only sm:not-sr-only">and {plural(notice.more, "more notice")}</span>
              <span aria-hidden="true" className="sm:hidden">
                +{notice.more}
              </span>
            </span>
          )}
          <button type="button" className={QUIET} onClick={dismiss}>
            <span className="sr-only sm:not-sr-only">Dismiss</span>
            <span aria-hidden="true" className="sm:hidden">
              ×
            </span>
          </button>
        </p>
      )}
    </div>
  );
}
