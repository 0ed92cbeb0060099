/** What is known of a folder on the Hub. Pure. */
import type { Schemas } from "../../api/client.ts";

type Folder = Schemas["FolderRow"];
export type FolderState = "new" | "changed" | "ingested" | "empty";
export type ListedFolder = Folder & { state: FolderState };

/** In the order of what there is to do. */
export const STATES: readonly FolderState[] = ["new", "changed", "ingested", "empty"];
export const STATE_NAMES: Record<FolderState, string> = {
  new: "Not ingested",
  changed: "Changed",
  ingested: "Ingested",
  empty: "No tasks",
};

/** Filters folders by state and name; what there is to do comes first. */
export function listed(folders: readonly Folder[], only: FolderState | "", text: string): ListedFolder[] {
  const name = text.trim().toLowerCase();
  return folders
    .map((folder): ListedFolder => {
      const stored = folder.attemptsFound > 0 ? "changed" : "new";
      const known = folder.withoutTasks ? "empty" : stored;
      return { ...folder, state: folder.ingested ? "ingested" : known };
    })
    .filter((folder) => (!only || folder.state === only) && folder.name.toLowerCase().includes(name))
    .sort(
      (one, other) =>
        STATES.indexOf(one.state) - STATES.indexOf(other.state) || one.name.localeCompare(other.name),
    );
}
