/** Ready-made calls of the API that ComfyUI's clients use. */
export interface Snippet {
  name: string;
  base: string;
  text: string;
}

export function snippets(base: string, keyed: boolean): Snippet[] {
  return [
    { name: "curl", base, text: curl(base, keyed) },
    { name: "Python", base, text: python(base, keyed) },
    { name: "JavaScript", base, text: javascript(base, keyed) },
  ];
}

function curl(base: string, keyed: boolean): string {
  const key = keyed ? ` \\\n  -H "X-API-Key: $GREENROOM_API_KEY"` : "";
  return `# workflow.json in API format
jq -n --slurpfile w workflow.json '{prompt: $w[0]}' |
  curl -s ${base}/prompt${key} -H "Content-Type: application/json" -d @-

# How it went
curl -s ${base}/api/jobs/JOB_ID${key}`;
}

function python(base: string, keyed: boolean): string {
  const key = keyed ? `, headers={"X-API-Key": os.environ["GREENROOM_API_KEY"]}` : "";
  return `import json${keyed ? ", os" : ""}
import requests

workflow = json.load(open("workflow.json"))
job = requests.post("${base}/prompt", json={"prompt": workflow}${key}).json()
print(requests.get(f"${base}/api/jobs/{job['prompt_id']}"${key}).json())`;
}

function javascript(base: string, keyed: boolean): string {
  const key = keyed ? `, "X-API-Key": process.env.GREENROOM_API_KEY` : "";
  return `const answer = await fetch("${base}/prompt", {
  method: "POST",
  headers: { "Content-Type": "application/json"${key} },
  body: JSON.stringify({ prompt: workflow }),
});
const { prompt_id } = await answer.json();`;
}
