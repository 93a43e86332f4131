/** The way from the editor back to Greenroom: what is on the canvas opens as a form. */
import { app } from "../../scripts/app.js"

const KEY = "greenroom.dropped"

async function openForm() {
  const { output, workflow } = await app.graphToPrompt()
  const name = app.extensionManager?.workflow?.activeWorkflow?.filename ?? "From the editor"
  const answer = await fetch(`/api/console/workflow-file?name=${encodeURIComponent(`${name}.json`)}`, {
    method: "POST",
    body: JSON.stringify({ prompt: output, workflow }),
  })
  const form = await answer.json()
  if (!answer.ok) {
    app.extensionManager.toast.add({ severity: "error", summary: "Greenroom", detail: form.message, life: 6000 })
    return
  }
  sessionStorage.setItem(KEY, JSON.stringify(form))
  location.assign("/run/dropped")
}

app.registerExtension({
  name: "greenroom.form",
  commands: [
    { id: "greenroom.form", label: "Open as a form", icon: "pi pi-list", function: openForm },
    { id: "greenroom.home", label: "Back to Greenroom", icon: "pi pi-arrow-left", function: () => location.assign("/run") },
  ],
  menuCommands: [{ path: ["Greenroom"], commands: ["greenroom.form", "greenroom.home"] }],
  actionBarButtons: [
    { icon: "pi pi-arrow-left", label: "Greenroom", tooltip: "Open as a form in Greenroom", onClick: openForm },
  ],
})
