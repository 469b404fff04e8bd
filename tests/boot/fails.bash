# Read by a bash before its script (BASH_ENV): /etc/fails says "N COMMAND", and instead of the Nth command of the script COMMAND
# is run, "exit 1" for one that fails under -e. What was done before it is logged, by number.
unset BASH_ENV
read -r fails_at fails_by </etc/fails
step=0
count_step() {
  step=$((step + 1))
  if [ "$step" = "$fails_at" ]; then
    $fails_by
  fi
  echo "$step $BASH_COMMAND" >>/run/steps
}
trap count_step DEBUG
