/** Folders with what is known of them, each with a box to choose it. */
import { Badge, type Tone } from "../../ui/Badge.tsx";
import { Name } from "../../ui/Name.tsx";
import { Table } from "../../ui/Table.tsx";
import { type FolderState, type ListedFolder, STATE_NAMES } from "./folders.ts";

const TONES: Record<FolderState, Tone> = { ingested: "good", changed: "part", new: "accent", empty: "plain" };

interface FolderTableProps {
  rows: readonly ListedFolder[];
  chosen: ReadonlySet<string>;
  onToggle: (names: string[], on: boolean) => void;
}

export function FolderTable({ rows, chosen, onToggle }: FolderTableProps) {
  const box = (label: string, names: string[], id?: string) => (
    <input
      id={id}
      type="checkbox"
      aria-label={label}
      checked={names.every((name) => chosen.has(name))}
      onChange={(event) => onToggle(names, event.target.checked)}
    />
  );
  const all = rows.map(({ name }) => name);
  return (
    <Table
      label="Table of folders"
      frame="border-line max-h-80 overflow-auto rounded-xl border"
      head="bg-raised label sticky top-0 z-10"
      rows={rows}
      keyOf={({ name }) => name}
      columns={[
        {
          name: box("Choose all", all),
          className: "w-10 px-3 py-2 text-left",
          cell: ({ name }) => box(`Choose ${name}`, [name], `folder-${name}`),
        },
        {
          name: "Folder",
          className: "py-2 pr-3 text-left wrap-anywhere",
          cell: ({ name }) => (
            <label htmlFor={`folder-${name}`}>
              <Name text={name} />
            </label>
          ),
        },
        {
          name: "State",
          className: "py-2 pr-3 text-left",
          cell: ({ state }) => <Badge tone={TONES[state]}>{STATE_NAMES[state].toLowerCase()}</Badge>,
        },
        {
          name: "Attempts stored",
          className: "text-muted hidden px-3 py-2 text-right sm:table-cell",
          cell: ({ attemptsFound }) => attemptsFound,
        },
      ]}
    />
  );
}
