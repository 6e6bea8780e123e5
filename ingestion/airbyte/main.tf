# The connection Google Sheets -> S3, applied by `terraform apply` (provider 1.0 or later).
# What is secret comes from variables (TF_VAR_…) and is in no file; what is not is in the two JSON
# files beside this one, which the project's tests read as well.

terraform {
  required_version = ">= 1.5"
  required_providers {
    airbyte = {
      source  = "airbytehq/airbyte"
      version = "~> 1.0"
    }
  }
}

variable "airbyte_url" {
  description = "The API of the Airbyte server, such as http://localhost:8000/api/public/v1/"
  type        = string
}

variable "airbyte_client_id" {
  type      = string
  sensitive = true
}

variable "airbyte_client_secret" {
  type      = string
  sensitive = true
}

variable "workspace_id" {
  description = "The ID in the address of the workspace's page"
  type        = string
}

variable "spreadsheet_url" {
  description = "The link of the spreadsheet, shared with the service account as a reader"
  type        = string
}

variable "google_service_account" {
  description = "The JSON key of a service account that may use the Google Sheets and Drive APIs"
  type        = string
  sensitive   = true
}

variable "bucket" {
  description = "INVESTIQ_BUCKET"
  type        = string
}

variable "aws_access_key_id" {
  type      = string
  sensitive = true
}

variable "aws_secret_access_key" {
  type      = string
  sensitive = true
}

variable "tabs" {
  description = "The tabs to sync; without a symbol column a tab is named by its symbol"
  type        = set(string)
}

provider "airbyte" {
  server_url    = var.airbyte_url
  client_id     = var.airbyte_client_id
  client_secret = var.airbyte_client_secret
}

data "airbyte_connector_configuration" "sheets" {
  connector_name = "source-google-sheets"
  configuration = merge(
    jsondecode(file("${path.module}/source.json")),
    { spreadsheet_id = var.spreadsheet_url },
  )
  configuration_secrets = {
    credentials = {
      auth_type            = "Service"
      service_account_info = var.google_service_account
    }
  }
}

data "airbyte_connector_configuration" "s3" {
  connector_name = "destination-s3"
  configuration = merge(
    jsondecode(file("${path.module}/destination.json")),
    { s3_bucket_name = var.bucket },
  )
  configuration_secrets = {
    access_key_id     = var.aws_access_key_id
    secret_access_key = var.aws_secret_access_key
  }
}

resource "airbyte_source" "sheets" {
  name          = "InvestIQ price history (Google Sheets)"
  workspace_id  = var.workspace_id
  definition_id = data.airbyte_connector_configuration.sheets.definition_id
  configuration = data.airbyte_connector_configuration.sheets.configuration_json
}

resource "airbyte_destination" "s3" {
  name          = "InvestIQ landing bucket (S3)"
  workspace_id  = var.workspace_id
  definition_id = data.airbyte_connector_configuration.s3.definition_id
  configuration = data.airbyte_connector_configuration.s3.configuration_json
}

resource "airbyte_connection" "sheets_to_s3" {
  name           = "InvestIQ: Google Sheets to S3"
  source_id      = airbyte_source.sheets.source_id
  destination_id = airbyte_destination.s3.destination_id
  status         = "active"

  # A sheet has no cursor, so each sync brings all of it. Overwrite: INVESTIQ_AIRBYTE_SYNC_MODE.
  configurations = {
    streams = [for tab in sort(var.tabs) : { name = tab, sync_mode = "full_refresh_overwrite" }]
  }

  namespace_definition                 = "custom_format"
  namespace_format                     = "sheets"
  non_breaking_schema_updates_behavior = "propagate_columns"

  # Before the evening run, on the days the exchange trades (Quartz; UTC: 12:30 is 18:00 in India).
  schedule = {
    schedule_type   = "cron"
    cron_expression = "0 30 12 ? * MON-FRI"
  }
}
