/** The scenes of a film in a form: always at least one. */
export type SceneValues = Record<string, unknown>;

const USUAL: SceneValues = { prompt: "", duration: 5, seed: -1 };

export function newScene(names: string[], before?: SceneValues): SceneValues {
  return Object.fromEntries(names.map((name) => [name, name === "duration" ? (before?.[name] ?? USUAL[name]) : (USUAL[name] ?? "")]));
}

export function asScenes(value: unknown, names: string[]): SceneValues[] {
  const given = Array.isArray(value) ? value.filter((one): one is SceneValues => typeof one === "object" && one !== null) : [];
  return given.length ? given : [newScene(names)];
}

export function withoutScene(scenes: SceneValues[], index: number): SceneValues[] {
  return scenes.length > 1 ? scenes.filter((_, at) => at !== index) : scenes;
}
