/** How datasets are called, given all that are here. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { modelsQuery } from "../api/queries.ts";
import { datasetNames, sharing } from "../lib/rows.ts";
import { setName } from "../lib/names.ts";

interface Of {
  dataset: string;
  source: string;
}

export function useDatasets() {
  const { data } = useQuery(modelsQuery());
  return useMemo(() => {
    const rows = data?.data ?? [];
    const [names, shared] = [datasetNames(rows), sharing(rows)];
    return {
      nameOf: ({ dataset, source }: Of) => names.get(dataset) ?? setName(source),
      /** Whether another dataset answers the same task set, so that the set's name does not tell them apart. */
      isShared: ({ dataset }: Of) => shared.has(dataset),
    };
  }, [data]);
}
