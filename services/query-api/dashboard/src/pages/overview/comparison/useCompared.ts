/** What is said of two submissions side by side: of one version of each, until their reader asks for another one. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { ModelRow } from "../../../api/client.ts";
import { compareQuery, modelQuery } from "../../../api/queries.ts";
import { useHeldAnswer } from "../../../hooks/useHeldAnswer.ts";
import { apart, keyOf, versionOf } from "../../../lib/rows.ts";
import { cells, duel } from "../../../lib/tasks.ts";

export type Compared = Omit<ReturnType<typeof useCompared>, "isBehind" | "show">;

export function useCompared(one: ModelRow, other: ModelRow) {
  const [first, second] = useMemo(() => apart(one, other), [one, other]);
  const share = first.source === second.source;
  const tests = useQuery({
    ...compareQuery(first.source, keyOf(first), keyOf(second)),
    select: ({ pairedTests }) => pairedTests,
    enabled: share,
  });
  const details = useQueries({
    queries: [modelQuery(first.dataset, first.model), modelQuery(second.dataset, second.model)].map(
      (each) => ({
        ...each,
        enabled: share,
      }),
    ),
  });
  const [mine, theirs] = details.map(({ data }) => data);
  const live = useMemo(
    () => ({
      first,
      second,
      tests: tests.data,
      found: mine && theirs && duel(cells(mine), cells(theirs)),
    }),
    [first, second, tests.data, mine, theirs],
  );
  const { shown, isBehind, show } = useHeldAnswer(live, {
    of: `${keyOf(first)} ${keyOf(second)}`,
    // Its parts come one by one, in any order: what comes first of a new version tells of it.
    stamp: JSON.stringify([versionOf(first, mine), versionOf(second, theirs), tests.data]),
    follows: share && [tests, ...details].some(({ isPending }) => isPending),
  });
  return {
    first: shown.first,
    second: shown.second,
    tests: { ...tests, data: shown.tests },
    tasks: {
      data: shown.found,
      error: details.find(({ error }) => error)?.error ?? null,
      refetch: () => Promise.all(details.map((each) => each.refetch())),
    },
    isBehind,
    show,
  };
}
