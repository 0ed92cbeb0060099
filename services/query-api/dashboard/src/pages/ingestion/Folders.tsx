/** The Hub's folders of a dataset, and the start of ingestions. The dataset and the filters are in the address. */
import { useQuery } from "@tanstack/react-query";

import { foldersQuery, statusQuery } from "../../api/queries.ts";
import { useParams } from "../../hooks/useParams.ts";
import { Answer, Empty, Panel } from "../../ui/Panel.tsx";
import { Select } from "../../ui/Select.tsx";
import { Chooser } from "./Chooser.tsx";

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
