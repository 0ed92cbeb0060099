/** The Hub's folders of a dataset, and the start of ingestions. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { foldersQuery, statusQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { plural } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/Badge.tsx";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { type FolderState, listed } from "./folders.ts";
import { StartDialog } from "./StartDialog.tsx";

const TONES: Record<FolderState, Tone> = { ingested: "good", changed: "part", new: "accent" };
const NAMES: Record<FolderState, string> = { ingested: "ingested", changed: "changed", new: "not ingested" };

export function Folders() {
  const status = useQuery(statusQuery());
  const [params, update] = useParams();
  const datasets = status.data?.datasets ?? [];
  const dataset = params.get("dataset") ?? datasets[0] ?? "";
  return (
    <Panel
      title="Folders on the Hub"
      hint="One folder per model."
      aside={
        <label className="flex items-center gap-2">
          <span className="sr-only">Dataset</span>
          <select
            className="field max-w-full"
            value={dataset}
            onChange={(event) => update({ dataset: event.target.value })}
          >
            {datasets.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      }
    >
      <Answer query={status} what="the datasets">
        {() => <Chooser key={dataset} dataset={dataset} />}
      </Answer>
    </Panel>
  );
}

function Chooser({ dataset }: { dataset: string }) {
  const folders = useQuery(foldersQuery(dataset));
  const [only, setOnly] = useState<FolderState | "">("");
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [starting, setStarting] = useState(false);
  const rows = listed(folders.data ?? [], only, text);
  const allChosen = rows.length > 0 && rows.every(({ name }) => chosen.has(name));

  function toggle(names: string[], on: boolean): void {
    const next = new Set(chosen);
    for (const name of names) {
      if (on) next.add(name);
      else next.delete(name);
    }
    setChosen(next);
  }

  return (
    <Answer query={folders} what="the Hub's folders" lines={5}>
      {(found) => (
        <>
          <div className="mb-3 flex flex-wrap items-center gap-2.5">
            <input
              type="search"
              aria-label="Find a folder"
              placeholder="Find a folder"
              className="field w-48"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
            <select
              aria-label="State"
              className="field"
              value={only}
              onChange={(event) => setOnly(event.target.value as FolderState | "")}
            >
              <option value="">Any state</option>
              <option value="new">Not ingested</option>
              <option value="changed">Changed</option>
              <option value="ingested">Ingested</option>
            </select>
            <span className="text-muted text-sm">{plural(rows.length, "folder")}</span>
            <button
              type="button"
              className="button button-primary ml-auto"
              disabled={chosen.size === 0}
              onClick={() => setStarting(true)}
            >
              Start ingestion{chosen.size ? ` (${chosen.size})` : ""}
            </button>
          </div>
          {found.length === 0 ? (
            <Empty title="This dataset holds no folders yet." />
          ) : (
            <div
              tabIndex={0}
              role="region"
              aria-label="Table of folders"
              className="border-line max-h-80 overflow-auto rounded-xl border"
            >
              <table className="w-full text-sm">
                <thead className="bg-raised label sticky top-0 z-10 text-left">
                  <tr>
                    <th className="w-10 px-3 py-2">
                      <input
                        type="checkbox"
                        aria-label="Choose all"
                        checked={allChosen}
                        onChange={(event) =>
                          toggle(
                            rows.map(({ name }) => name),
                            event.target.checked,
                          )
                        }
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
                          type="checkbox"
                          aria-label={`Choose ${name}`}
                          checked={chosen.has(name)}
                          onChange={(event) => toggle([name], event.target.checked)}
                        />
                      </td>
                      <td className="py-2 pr-3 wrap-anywhere">{name}</td>
                      <td className="py-2 pr-3">
                        <Badge tone={TONES[state]}>{NAMES[state]}</Badge>
                      </td>
                      <td className="text-muted hidden px-3 py-2 text-right sm:table-cell">
                        {attemptsFound}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {starting && (
            <StartDialog
              dataset={dataset}
              models={[...chosen].sort()}
              onClose={() => setStarting(false)}
              onStarted={() => {
                setStarting(false);
                setChosen(new Set());
              }}
            />
          )}
        </>
      )}
    </Answer>
  );
}
