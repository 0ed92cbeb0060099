/** The Hub's folders of a dataset, and the start of ingestions. The dataset and the filters are in the address. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Schemas } from "../../api/client.ts";
import { foldersQuery, statusQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { plural } from "../../lib/format.ts";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { Export } from "../../ui/Export.tsx";
import { SearchField } from "../../ui/SearchField.tsx";
import { Select } from "../../ui/Select.tsx";
import { FolderTable } from "./FolderTable.tsx";
import { listed, STATE_NAMES, STATES } from "./folders.ts";
import { RequestedList } from "./RequestedList.tsx";
import { StartDialog } from "./StartDialog.tsx";

export function Folders() {
  const status = useQuery(statusQuery());
  const [params, update] = useParams();
  const datasets = status.data?.datasets ?? [];
  const asked = params.get("folders");
  const dataset = asked ?? datasets[0] ?? "";
  const known = asked === null || datasets.includes(asked);
  return (
    <Panel
      title="Folders on the Hub"
      hint="One folder per model."
      aside={
        dataset && (
          <Select
            label="Dataset"
            className="max-w-full min-w-0"
            value={dataset}
            options={[...datasets, ...(known ? [] : [dataset])].map((name) => [name, name])}
            onPick={(folders) => update({ folders, state: null, find: null })}
          />
        )
      }
    >
      <Answer query={status} what="the datasets">
        {(data) =>
          known ? (
            <Found key={dataset} dataset={dataset} writable={data.writable} />
          ) : (
            <Empty title="This dataset is not watched here.">HF_DATASETS does not name {dataset}.</Empty>
          )
        }
      </Answer>
      <RequestedList />
    </Panel>
  );
}

function Found({ dataset, writable }: { dataset: string; writable: boolean }) {
  const folders = useQuery(foldersQuery(dataset));
  return (
    <Answer query={folders} what="the Hub's folders" lines={5}>
      {(found) =>
        found.length === 0 ? (
          <Empty title="This dataset holds no folders yet." />
        ) : (
          <Chooser dataset={dataset} folders={found} writable={writable} />
        )
      }
    </Answer>
  );
}

interface ChooserProps {
  dataset: string;
  folders: readonly Schemas["FolderRow"][];
  writable: boolean;
}

/** Finds and chooses folders, and starts their ingestion. */
function Chooser({ dataset, folders, writable }: ChooserProps) {
  const [params, update] = useParams();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [starting, setStarting] = useState(false);
  const only = STATES.find((each) => each === params.get("state")) ?? "";
  const rows = listed(folders, only, params.get("find") ?? "");
  const change = (name: string, value: string) => update({ [name]: value }, { replace: true });

  function toggle(names: string[], on: boolean): void {
    setChosen(on ? chosen.union(new Set(names)) : chosen.difference(new Set(names)));
  }

  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2.5">
        <SearchField
          label="Find a folder"
          value={params.get("find") ?? ""}
          onSearch={(text) => change("find", text)}
        />
        <Select
          label="State"
          any="Any state"
          value={only}
          options={STATES.map((state) => [state, STATE_NAMES[state]])}
          onPick={(state) => change("state", state)}
        />
        <span className="text-muted text-sm">
          {plural(rows.length, "folder")}
          {chosen.size > 0 && `, ${chosen.size} chosen`}
        </span>
        <Export name={`Folders of ${dataset}`} rows={() => rows} />
        <button
          type="button"
          className="button button-primary ml-auto"
          disabled={chosen.size === 0 || !writable}
          onClick={() => setStarting(true)}
        >
          Start ingestion{chosen.size ? ` (${chosen.size})` : ""}
        </button>
      </div>
      {rows.length === 0 ? (
        <Empty title="No folder fits." />
      ) : (
        <FolderTable rows={rows} chosen={chosen} onToggle={toggle} />
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
  );
}
