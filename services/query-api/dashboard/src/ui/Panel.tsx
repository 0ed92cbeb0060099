/** A titled part of a page, and what it shows while there is nothing to show. */
import { type ReactNode, useId } from "react";

import { capital } from "../lib/format.ts";

interface PanelProps {
  title: ReactNode;
  hint?: ReactNode;
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, hint, aside, className = "", children }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`panel min-w-0 p-5 ${className}`}>
      <header className="mb-4 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h2 id={id} className="text-base font-semibold tracking-tight">
            {title}
          </h2>
          {hint && <p className="text-muted mt-0.5 text-sm">{hint}</p>}
        </div>
        {aside}
      </header>
      {children}
    </section>
  );
}

export function Loading({ lines = 3, label }: { lines?: number; label: string }) {
  return (
    <div role="status" className="space-y-2.5">
      <span className="sr-only">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className={`skeleton h-5 ${["w-full", "w-11/12", "w-3/4"][line % 3]}`} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="border-line flex flex-col items-center gap-1 rounded-xl border border-dashed px-6 py-9 text-center">
      <p className="font-medium">{title}</p>
      {children && <p className="text-muted max-w-prose text-sm">{children}</p>}
    </div>
  );
}

interface Query<T> {
  data: T | undefined;
  error: Error | null;
  refetch: () => unknown;
}

export function Failure({ what, query }: { what: string; query: Pick<Query<unknown>, "error" | "refetch"> }) {
  const { error, refetch } = query;
  return (
    <div
      role="alert"
      className="bg-bad-soft text-bad flex flex-wrap items-center gap-3 rounded-xl px-4 py-3 text-sm"
    >
      <p className="min-w-0 flex-1 break-words">
        <strong className="font-semibold">{capital(what)} could not be loaded.</strong>{" "}
        {/* Browsers say of a server that is away only that a fetch failed, each in words of its own. */}
        {error instanceof TypeError ? "The server does not answer." : capital(error?.message ?? "")}
      </p>
      <button type="button" className="button" onClick={() => void refetch()}>
        Try again
      </button>
    </div>
  );
}

/** One figure that is still on its way: its place is kept. */
export function Late({ query, children }: { query: { isPending: boolean }; children: ReactNode }) {
  if (!query.isPending) return <>{children}</>;
  return (
    <span className="skeleton inline-block h-4 w-14 align-middle">
      <span className="sr-only">Loading</span>
    </span>
  );
}

interface AnswerProps<T> {
  query: Query<T>;
  what: string;
  lines?: number;
  children: (data: T) => ReactNode;
}

/** Shows an answer, or that it is on its way, or why it is not there. An old answer is better than an error. */
export function Answer<T>({ query, what, lines = 3, children }: AnswerProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failure what={what} query={query} />;
  return <Loading lines={lines} label={`Loading ${what}`} />;
}
