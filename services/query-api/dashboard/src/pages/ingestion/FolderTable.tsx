/** Folders with what is known of them, each with a box to choose it. */
import { Badge, type Tone } from "../../ui/Badge.tsx";
import { Scroll } from "../../ui/Scroll.tsx";
import { type FolderState, type ListedFolder, STATE_NAMES } from "./folders.ts";

const TONES: Record<FolderState, Tone> = { ingested: "good", changed: "part", new: "accent" };

interface FolderTableProps {
  rows: readonly ListedFolder[];
  chosen: ReadonlySet<string>;
  onToggle: (names: string[], on: boolean) => void;
}

export function FolderTable({ rows, chosen, onToggle }: FolderTableProps) {
  const all = rows.every(({ name }) => chosen.has(name));
  const names = () => rows.map(({ name }) => name);
  return (
    <Scroll label="Table of folders" className="border-line max-h-80 overflow-auto rounded-xl border">
      <table className="w-full text-sm">
        <thead className="bg-raised label sticky top-0 z-10 text-left">
          <tr>
            <th className="w-10 px-3 py-2">
              <input
                type="checkbox"
                aria-label="Choose all"
                checked={all}
                onChange={(event) => onToggle(names(), event.target.checked)}
              />
            </th>
            <th className="py-2">Folder</th>
            <th className="py-2">State</th>
            <th className="hidden px-3 py-2 text-right sm:table-cell">Attempts stored</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, state, attemptsFound }) => (
            <tr key={name} className="border-line hover:bg-raised border-t">
              <td className="px-3 py-2">
                <input
                  id={`folder-${name}`}
                  type="checkbox"
                  aria-label={`Choose ${name}`}
                  checked={chosen.has(name)}
                  onChange={(event) => onToggle([name], event.target.checked)}
                />
              </td>
              <td className="py-2 pr-3 wrap-anywhere">
                <label htmlFor={`folder-${name}`}>{name}</label>
              </td>
              <td className="py-2 pr-3">
                <Badge tone={TONES[state]}>{STATE_NAMES[state].toLowerCase()}</Badge>
              </td>
              <td className="text-muted hidden px-3 py-2 text-right sm:table-cell">{attemptsFound}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
