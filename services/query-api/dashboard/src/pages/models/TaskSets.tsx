/** Tabs: which task set the leaderboard is of. The address says it from the first look on. */
import { useEffect } from "react";
import { Link } from "wouter";

import { useParams } from "../../hooks/useParams.ts";
import { count } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import type { TaskSet } from "../../lib/taskSets.ts";

interface TaskSetsProps {
  sets: readonly TaskSet[];
  current: string | undefined;
}

export function TaskSets({ sets, current = "" }: TaskSetsProps) {
  const [params, update] = useParams();
  const isNamed = params.has("set");
  // A link to what is shown must show the same when other sets have landed.
  useEffect(() => {
    if (!isNamed && current) update({ set: current }, { replace: true });
  }, [isNamed, current, update]);

  function hrefOf(source: string): string {
    const next = new URLSearchParams(params);
    next.delete("dataset");
    next.set("set", source);
    return `/models?${next}`;
  }
  return (
    <nav aria-label="Task sets" className="border-line flex gap-1 overflow-x-auto border-b">
      {sets.map(({ source, submissions }) => (
        <Link
          key={source}
          href={hrefOf(source)}
          aria-current={source === current ? "page" : undefined}
          className="text-muted hover:text-ink aria-[current=page]:border-ink aria-[current=page]:text-ink -mb-px shrink-0 border-b-2 border-transparent px-3 py-2.5 text-sm font-medium whitespace-nowrap"
        >
          {setName(source)} <span className="text-muted ml-1 font-normal">{count(submissions)}</span>
        </Link>
      ))}
    </nav>
  );
}
