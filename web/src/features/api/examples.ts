/** Copy-ready calls for one workflow, in each dialect that the server speaks. */
export interface Subject {
  /** The server's address. */
  base: string;
  keyed: boolean;
  /** The graph in API format. */
  graph: Record<string, unknown>;
  /** The workflow's id in the library, and its parameters. */
  library: { id: string; params: Record<string, unknown> } | null;
  /** The deployment that runs it. */
  deployment: string | null;
}

export interface Dialect {
  id: string;
  name: string;
  about: string;
  /** What a workflow must have for it. */
  needs: "graph" | "library" | "deployment";
}

export const dialects: Dialect[] = [
  { id: "comfyui", name: "ComfyUI", about: "What every client of ComfyUI speaks: a graph goes in, an id comes back.", needs: "graph" },
  { id: "v2", name: "API v2", about: "Jobs and files with events, idempotency keys and signed links.", needs: "graph" },
  { id: "cloud", name: "Comfy Cloud", about: "What clients of Comfy Cloud speak, with this server in its place.", needs: "graph" },
  { id: "studio", name: "Studio", about: "A workflow of the library by its id, with named parameters instead of a graph.", needs: "library" },
  { id: "serverless", name: "Serverless", about: "A deployment by its id, with what differs from the saved workflow.", needs: "deployment" },
];

export const languages = ["curl", "Python", "JavaScript"] as const;
export type Language = (typeof languages)[number];

export function example(dialect: string, language: Language, subject: Subject): string {
  const call = calls[dialect]?.(subject);
  if (!call) return "";
  return language === "curl" ? curl(call, subject) : language === "Python" ? python(call, subject) : javascript(call, subject);
}

interface Call {
  path: string;
  body: unknown;
  /** Sent as the field of a form instead of as JSON. */
  field?: string;
  /** Where the answer has the job's id. */
  id: string;
  /** What the job's state is asked with; ID stands for its id. */
  state: string;
}

const calls: Record<string, (subject: Subject) => Call | null> = {
  comfyui: ({ graph }) => ({ path: "/prompt", body: { prompt: graph }, id: "prompt_id", state: "/history/ID" }),
  v2: ({ graph }) => ({ path: "/api/v2/jobs", body: { workflow: graph }, id: "id", state: "/api/v2/jobs/ID" }),
  cloud: ({ graph }) => ({ path: "/cloud/api/prompt", body: { prompt: graph }, id: "prompt_id", state: "/cloud/api/job/ID/status" }),
  studio: ({ library }) =>
    library && {
      path: `/api/run/${encodeURIComponent(library.id)}/execute`, body: library.params, field: "params", id: "prompt_id",
      state: "/api/run/status/ID",
    },
  serverless: ({ deployment, graph }) =>
    deployment === null ? null : {
      path: `/prod/v1/deployments/${deployment}/inference`, body: { overrides: firstValue(graph) }, id: "request_id",
      state: `/prod/v1/deployments/${deployment}/requests/ID/status`,
    },
};

/** One value of the graph, as an override of itself. */
function firstValue(graph: Record<string, unknown>): Record<string, unknown> {
  for (const [id, node] of Object.entries(graph)) {
    const inputs = (node as { inputs?: Record<string, unknown> }).inputs ?? {};
    const found = Object.entries(inputs).find(([, value]) => typeof value !== "object");
    if (found) return { [id]: { inputs: Object.fromEntries([found]) } };
  }
  return {};
}

function curl(call: Call, { base, keyed }: Subject): string {
  const key = keyed ? ' \\\n  -H "X-API-Key: $GREENROOM_API_KEY"' : "";
  const json = shellQuoted(pretty(call.body));
  const body = call.field ? ` \\\n  -F ${call.field}=${json}` : ` \\\n  -H "Content-Type: application/json" \\\n  -d ${json}`;
  return `curl -s ${base}${call.path}${key}${body}

# How it went, with the ${call.id} of the answer
curl -s ${base}${call.state}${key}`;
}

function python(call: Call, { base, keyed }: Subject): string {
  const headers = keyed ? '\nheaders = {"X-API-Key": os.environ["GREENROOM_API_KEY"]}' : "";
  const more = keyed ? ", headers=headers" : "";
  const value = `json.loads(r'''\n${pretty(call.body).replaceAll("'''", "\\u0027\\u0027\\u0027")}\n''')`;
  const sent = call.field ? `data={"${call.field}": json.dumps(body)}` : "json=body";
  return `import json
${keyed ? "import os\n" : ""}
import requests
${headers}
body = ${value}
job = requests.post("${base}${call.path}", ${sent}${more}).json()
print(requests.get(f"${base}${call.state.replace("ID", `{job['${call.id}']}`)}"${more}).json())`;
}

function javascript(call: Call, { base, keyed }: Subject): string {
  const key = keyed ? '"X-API-Key": process.env.GREENROOM_API_KEY' : "";
  const body = pretty(call.body);
  const headers = [call.field ? "" : '"Content-Type": "application/json"', key].filter(Boolean).join(", ");
  const sent = call.field ? "form" : "JSON.stringify(body)";
  const form = call.field ? `const form = new FormData();\nform.append("${call.field}", JSON.stringify(body));\n` : "";
  return `const body = ${body};
${form}const answer = await fetch("${base}${call.path}", {
  method: "POST",${headers ? `\n  headers: { ${headers} },` : ""}
  body: ${sent},
});
const { ${call.id} } = await answer.json();
const state = await fetch(\`${base}${call.state.replace("ID", `\${${call.id}}`)}\`${key ? `, { headers: { ${key} } }` : ""});
console.log(await state.json());`;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** JSON on several lines, but links between nodes on one. */
function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/\[\s+("(?:[^"\\]|\\.)*"),\s+(\d+)\s+\]/g, "[$1, $2]");
}
