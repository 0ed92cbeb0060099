/** What the leaderboard shows: part of a name, a dataset, a family. All of it is in the address. */
import { useMemo } from "react";

import type { ModelRow } from "../../api/client.ts";
import type { useParams } from "../../hooks/useParams.ts";
import { family } from "../../lib/family.ts";
import { datasetNames } from "../../lib/rows.ts";
import { SearchField } from "../../ui/SearchField.tsx";

interface FiltersProps {
  rows: readonly ModelRow[];
  /** Those of the chosen dataset. */
  within: readonly ModelRow[];
  params: URLSearchParams;
  update: ReturnType<typeof useParams>[1];
}

export function Filters({ rows, within, params, update }: FiltersProps) {
  const datasets = useMemo(() => datasetNames(rows), [rows]);
  const families = [...Map.groupBy(within, (row) => family(row.model))].sort(([one], [other]) =>
    one.localeCompare(other),
  );
  return (
    <div className="grid w-full grid-cols-2 gap-3 sm:flex sm:w-auto">
      <div className="col-span-2 min-w-0">
        <span aria-hidden="true" className="label mb-1.5 block">
          Name
        </span>
        <SearchField
          label="Search the models"
          value={params.get("q") ?? ""}
          onSearch={(q) => update({ q }, { replace: true })}
        />
      </div>
      <label className="min-w-0">
        <span className="label mb-1.5 block">Dataset</span>
        <select
          className="field w-full sm:w-auto"
          value={params.get("dataset") ?? ""}
          onChange={(event) => update({ dataset: event.target.value, family: null })}
        >
          <option value="">All datasets</option>
          {[...datasets].map(([dataset, name]) => (
            <option key={dataset} value={dataset}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="min-w-0">
        <span className="label mb-1.5 block">Family</span>
        <select
          className="field w-full sm:w-auto"
          value={params.get("family") ?? ""}
          onChange={(event) => update({ family: event.target.value })}
        >
          <option value="">All families</option>
          {families.map(([name, members]) => (
            <option key={name} value={name}>
              {name} ({members.length})
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
