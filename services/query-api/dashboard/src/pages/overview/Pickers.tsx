/** Which model is looked at, on which dataset, and which one it is compared with. */
import { useMemo } from "react";

import type { ModelRow } from "../../api/client.ts";
import { percent } from "../../lib/format.ts";
import { setName } from "../../lib/names.ts";
import { datasetNames, find, keyOf, onDataset } from "../../lib/rows.ts";
import { Combobox } from "../../ui/Combobox.tsx";
import type { Group } from "../../ui/options.ts";
import { Select } from "../../ui/Select.tsx";

interface PickersProps {
  rows: readonly ModelRow[];
  latestKey: string | null;
  selected: ModelRow | undefined;
  other: ModelRow | undefined;
  onSelect: (row: ModelRow) => void;
  onCompare: (key: string | null) => void;
}

function grouped(rows: readonly ModelRow[], latestKey: string | null): Group[] {
  const datasets = Map.groupBy(rows, (row) => row.dataset);
  return [...datasets].sort().map(([dataset, members]) => ({
    label: `${setName(members[0]?.source ?? "")} · ${dataset}`,
    options: members
      .toSorted((one, other) => other.score - one.score)
      .map((row) => ({
        value: keyOf(row),
        label: row.displayName,
        note: percent(row.score),
        ...(keyOf(row) === latestKey ? { badge: "Latest" } : {}),
      })),
  }));
}

export function Pickers({ rows, latestKey, selected, other, onSelect, onCompare }: PickersProps) {
  const groups = useMemo(() => grouped(rows, latestKey), [rows, latestKey]);
  const rivals = useMemo(
    () =>
      grouped(
        rows.filter((row) => row !== selected),
        latestKey,
      ),
    [rows, selected, latestKey],
  );
  return (
    <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
      <Combobox
        label="Model"
        placeholder="Type a name"
        groups={groups}
        value={selected ? keyOf(selected) : null}
        onPick={(key) => {
          const row = find(rows, key);
          if (row) onSelect(row);
        }}
      />
      <DatasetPicker rows={rows} selected={selected} onSelect={onSelect} />
      <div className="sm:col-span-2 lg:col-span-1">
        <Combobox
          label="Compare with"
          placeholder="Another model"
          groups={rivals}
          value={other ? keyOf(other) : null}
          onPick={onCompare}
          clearable
        />
      </div>
    </div>
  );
}

/** The same model on another dataset; where it did not answer that one, the best that did. */
function DatasetPicker({ rows, selected, onSelect }: Pick<PickersProps, "rows" | "selected" | "onSelect">) {
  const choices = useMemo(() => onDataset(rows, selected?.model ?? null), [rows, selected]);
  const names = useMemo(() => datasetNames(rows), [rows]);
  return (
    <div className="min-w-0">
      <span aria-hidden="true" className="label mb-1.5 block">
        Dataset
      </span>
      <Select
        label="Dataset"
        any={selected ? undefined : "Pick one"}
        className="h-11 w-full text-[0.9375rem] font-medium"
        value={selected?.dataset ?? ""}
        options={[...choices].map(([dataset, row]) => [
          dataset,
          `${names.get(dataset)}${selected && row.model !== selected.model ? " (another model)" : ""}`,
        ])}
        onPick={(dataset) => {
          const row = choices.get(dataset);
          if (row) onSelect(row);
        }}
      />
    </div>
  );
}
