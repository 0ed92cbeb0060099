/** The failed ingestions that nobody has seen in this browser. */
import { useQuery } from "@tanstack/react-query";

import { historyQuery, modelsQuery } from "../api/queries.ts";
import { useNow } from "../hooks/useNow.ts";
import { useKept } from "./kept.ts";
import { type Failure, unseen } from "./notices.ts";

const MOST = 20;

export function useFailures(): Failure[] {
  const models = useQuery(modelsQuery());
  const runs = useQuery(
    historyQuery({ status: "failed", sort: "startedAt", order: "desc", limit: MOST, offset: 0 }),
  );
  const { seen, told } = useKept();
  return unseen({ runs: runs.data?.runs ?? [], told, seen, models: models.data?.data ?? [] }, useNow());
}
