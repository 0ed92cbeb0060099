/** What the leaderboard shows: part of a name, a dataset, a family. All of it is in the address. */
import { type ReactNode, useMemo } from "react";

import type { ModelRow } from "../../api/client.ts";
import type { useParams } from "../../hooks/useParams.ts";
import { family } from "../../lib/family.ts";
import { datasetNames } from "../../lib/rows.ts";
import { SearchField } from "../../ui/SearchField.tsx";
import { Select } from "../../ui/Select.tsx";

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
      <Labelled name="Name" className="col-span-2">
        <SearchField
          label="Search the models"
          value={params.get("q") ?? ""}
          onSearch={(q) => update({ q }, { replace: true })}
        />
      </Labelled>
      <Labelled name="Dataset">
        <Select
          label="Dataset"
          any="All datasets"
          className="w-full sm:w-auto"
          value={params.get("dataset") ?? ""}
          options={[...datasets]}
          onPick={(dataset) => update({ dataset, family: null })}
        />
      </Labelled>
      <Labelled name="Family">
        <Select
          label="Family"
          any="All families"
          className="w-full sm:w-auto"
          value={params.get("family") ?? ""}
          options={families.map(([name, members]) => [name, `${name} (${members.length})`])}
          onPick={(family) => update({ family })}
        />
      </Labelled>
    </div>
  );
}

function Labelled({
  name,
  className = "",
  children,
}: {
  name: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={`min-w-0 ${className}`}>
      <span aria-hidden="true" className="label mb-1.5 block">
        {name}
      </span>
      {children}
    </div>
  );
}
