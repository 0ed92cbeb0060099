/** Which model is looked at, and which one it is compared with. */
import { useMemo } from "react";

import type { ModelRow } from "../../api/client.ts";
import { percent, setName } from "../../lib/format.ts";
import { Combobox } from "../../ui/Combobox.tsx";
import type { Group } from "../../ui/options.ts";
import { keyOf } from "./OverviewPage.tsx";

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
      groups.map((group) => ({
        ...group,
        options: group.options.filter(({ value }) => !selected || value !== keyOf(selected)),
      })),
    [groups, selected],
  );
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Combobox
        label="Model"
        placeholder="Type a name"
        groups={groups}
        value={selected ? keyOf(selected) : null}
        onPick={(key) => {
          const row = rows.find((each) => keyOf(each) === key);
          if (row) onSelect(row);
        }}
      />
      <Combobox
        label="Compare with"
        placeholder="Another model"
        groups={rivals}
        value={other ? keyOf(other) : null}
        onPick={onCompare}
        clearable
      />
    </div>
  );
}
