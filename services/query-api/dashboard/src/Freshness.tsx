/** Says when what is shown may be behind the truth: above the bar at the window's foot, where it moves nothing. */
import { useQuery } from "@tanstack/react-query";

import { modelsQuery } from "./api/queries.ts";
import { BehindError } from "./api/place.ts";
import { useLatest } from "./hooks/useLatest.ts";
import { useNow } from "./hooks/useNow.ts";
import { ago } from "./lib/format.ts";
import { useLive } from "./live/store.ts";

// This answer comes from the server's memory, mostly as a 304: the cheapest way to hear that it lags behind.
const EVERY_MS = 60_000;

export function Freshness() {
  const models = useQuery(modelsQuery());
  const { stale, asOf } = useLatest(EVERY_MS);
  const connection = useLive((state) => state.connection);
  const lostAt = useLive((state) => state.lostAt);
  const paused = useLive((state) => state.paused);
  const now = useNow();
  const lost = connection === "lost" && lostAt !== null;
  const failing = models.failureCount > 0;
  if (!lost && !stale && !failing) return null;
  const answered = lost && !failing && models.dataUpdatedAt > lostAt;
  const why = stale
    ? "The server cannot reach its database or its bus."
    : answered
      ? "Live updates do not get through; this page asks every five minutes instead."
      : paused && !failing
        ? "The page is paused, and has lost its connection."
        : models.failureReason instanceof BehindError
          ? `${models.failureReason.message} This page asks again by itself.`
          : "The server does not answer; this page tries again by itself.";
  const since =
    stale && asOf ? asOf : new Date(answered ? models.dataUpdatedAt : (lostAt ?? models.dataUpdatedAt));
  const said = (
    <p className="mx-auto max-w-7xl px-4 py-2 sm:px-6">
      <strong className="font-semibold">This may be out of date.</strong> {why} Last heard of it{" "}
      {ago(new Date(since).toISOString(), now)}.
    </p>
  );
  return (
    <div className="text-part text-sm">
      {/* The page ends above it, so that it covers nothing that cannot be reached. */}
      <div aria-hidden="true" className="invisible print:hidden">
        {said}
      </div>
      <div
        role="status"
        data-testid="stale"
        className="bg-part-soft fixed inset-x-0 bottom-11 z-30 print:static"
      >
        {said}
      </div>
    </div>
  );
}
