echo "ada 1815" >>"$1/people"
echo "grace 1906" >>"$1/people"
