# For `terragrunt run --all plan`; Homeport and Terraform do not need it.
# Written by Homeport from homeport.yml: change that, not this.

dependencies {
  paths = ["../foundation"]
}
