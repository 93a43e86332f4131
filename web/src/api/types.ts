/** The console API's types under short names. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type AssetView = Schemas["AssetView"];
export type AssetPage = Schemas["AssetPage"];
export type DeploymentInstance = Schemas["DeploymentInstance"];
export type DeploymentOrder = Partial<Schemas["DeploymentOrder"]>;
export type Deployments = Schemas["Deployments"];
export type DeploymentView = Schemas["DeploymentView"];
export type Field = Schemas["Field"];
export type Form = Schemas["Form"];
export type Hello = Schemas["Hello"];
export type Image = Schemas["Image"];
export type Info = Schemas["Info"];
export type JobCard = Schemas["JobCard"];
export type JobDetail = Schemas["JobDetail"];
export type JobNews = Schemas["JobNews"];
export type JobPage = Schemas["JobPage"];
export type LibraryEntry = Schemas["LibraryEntry"];
export type Live = Schemas["Live"];
export type Order = Schemas["Order"];
export type Output = Schemas["Output"];
export type Parameter = Schemas["Parameter"];
export type Preset = Schemas["Preset"];
export type Ordered = Schemas["Ordered"];
export type Problem = Schemas["Problem"];
export type QueueView = Schemas["QueueView"];
export type RunningJob = Schemas["RunningJob"];
export type TenantView = Schemas["TenantView"];
export type UsageDay = Schemas["UsageDay"];
export type UsageTotal = Schemas["UsageTotal"];
export type UsageView = Schemas["UsageView"];
export type WaitingJob = Schemas["WaitingJob"];
export type WorkerView = Schemas["WorkerView"];
export type WorkflowCard = Schemas["WorkflowCard"];
export type Status = JobCard["status"];
/** The numbers that say how a deployment is scaled. */
export type Limits = Pick<DeploymentView, "min_instances" | "max_instances" | "queue_size" | "keep_warm">;
