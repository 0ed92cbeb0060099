/** What the leaderboard shows: part of a name, a provider, family or kind. All of it is in the address. */
import type { ReactNode } from "react";

import type { ModelRow } from "../../api/client.ts";
import { useParams } from "../../hooks/useParams.ts";
import { choices, FACETS, facets } from "../../lib/facets.ts";
import { short } from "../../lib/clip.ts";
import { datasetNames } from "../../lib/rows.ts";
import { SearchField } from "../../ui/SearchField.tsx";
import { type Choice, Select } from "../../ui/Select.tsx";

const NOTHING_CHOSEN = Object.fromEntries(facets.map((facet) => [facet, null]));

interface FiltersProps {
  /** Those of the task set. */
  rows: readonly ModelRow[];
  /** Those of the chosen dataset. */
  within: readonly ModelRow[];
}

export function Filters({ rows, within }: FiltersProps) {
  const [params, update] = useParams();
  const datasets = [...datasetNames(rows)];
  const selects: [name: string, label: string, any: string, options: Choice[]][] = [
    // Most task sets have one dataset: nothing to choose.
    ...(datasets.length > 1 || params.has("dataset")
      ? [["dataset", "Dataset", "All datasets", datasets] satisfies [string, string, string, Choice[]]]
      : []),
    ...facets.map((facet): [string, string, string, Choice[]] => [
      facet,
      FACETS[facet].name,
      FACETS[facet].any,
      choices(within, facet),
    ]),
  ];
  return (
    <div className="grid w-full grid-cols-2 gap-3 sm:flex sm:w-auto">
      <Labelled name="Name" className="col-span-2">
        <SearchField
          label="Search the models"
          value={params.get("q") ?? ""}
          onSearch={(q) => update({ q }, { replace: true })}
        />
      </Labelled>
      {selects.map(([name, label, any, options]) => (
        <Labelled key={name} name={label}>
          <Select
            label={label}
            any={any}
            className="w-full sm:w-auto sm:max-w-56"
            value={params.get(name) ?? ""}
            options={withAsked(options, params.get(name))}
            // Another dataset has other models.
            onPick={(value) =>
              update(name === "dataset" ? { ...NOTHING_CHOSEN, dataset: value } : { [name]: value })
            }
          />
        </Labelled>
      ))}
    </div>
  );
}

/** What the address asks for is among the choices, though nothing has it: so it is seen, and can be taken back. */
function withAsked(options: readonly Choice[], asked: string | null): Choice[] {
  const isThere = !asked || options.some(([value]) => value === asked);
  return [...options, ...(isThere ? [] : [[asked, `${short(asked, 32)} (0)`] satisfies Choice])];
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
