// Shows one OpenAPI description at a time.

const chooser = document.getElementById("chooser");
const search = document.getElementById("search");
const source = document.getElementById("source");
const operations = document.getElementById("operations");
const METHODS = ["get", "post", "put", "patch", "delete", "head"];

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// A schema with what it refers to in place, so that nothing has to be looked up.
function unfolded(value, root, seen = []) {
  if (Array.isArray(value)) return value.map((one) => unfolded(one, root, seen));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$ref === "string") {
    if (seen.includes(value.$ref)) return { $ref: value.$ref };
    const found = value.$ref.slice(2).split("/").reduce((at, key) => at?.[key], root);
    return unfolded(found, root, [...seen, value.$ref]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unfolded(one, root, seen)]));
}

function json(value) {
  return element("pre", JSON.stringify(value, null, 2));
}

function bodies(content) {
  return Object.entries(content ?? {}).flatMap(([kind, body]) => [element("h3", kind), json(body.schema ?? {})]);
}

function inside(operation, root) {
  const box = element("div", undefined, "inside");
  const told = unfolded(operation, root);
  if (told.description) box.append(element("p", told.description));
  if (told.parameters?.length) box.append(element("h3", "Parameters"), json(told.parameters));
  if (told.requestBody) box.append(element("h3", "Body"), ...bodies(told.requestBody.content));
  for (const [status, answer] of Object.entries(told.responses ?? {})) {
    box.append(element("h3", `${status} ${answer.description ?? ""}`), ...bodies(answer.content));
  }
  return box;
}

function row(path, method, operation, root) {
  const details = element("details");
  const summary = element("summary");
  summary.append(
    element("span", method.toUpperCase(), "method"),
    element("span", path, "path"),
    element("span", operation.summary ?? "", "told"),
  );
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(inside(operation, root));
  });
  details.dataset.text = `${method} ${path} ${operation.summary ?? ""}`.toLowerCase();
  return details;
}

function filter() {
  const wanted = search.value.toLowerCase();
  for (const one of operations.children) one.hidden = !one.dataset.text.includes(wanted);
}

async function show() {
  const name = chooser.value;
  const url = `/docs/${name}.json`;
  source.href = url;
  location.hash = name;
  const root = await (await fetch(url)).json();
  operations.replaceChildren(
    ...Object.entries(root.paths).flatMap(([path, found]) =>
      METHODS.filter((method) => found[method]).map((method) => row(path, method, found[method], root)),
    ),
  );
  filter();
}

const apis = await (await fetch("/docs/apis.json")).json();
chooser.append(...apis.map((api) => new Option(api.title, api.name)));
const asked = location.hash.slice(1);
if (apis.some((api) => api.name === asked)) chooser.value = asked;
chooser.addEventListener("change", show);
search.addEventListener("input", filter);
await show();
