# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# What the real programs work on: enough to keep each busy for a third of a second or more; the start
# has a row of its own.

make_inputs()
{
	local i
	{
		echo 'create table t(a integer, b text, c real);begin;'
		for ((i = 0; i < $(count 120000); i++)); do
			echo "insert into t values($i,'text of row $i',$i.5);"
		done
		echo 'commit;create index i on t(b);select sum(a),count(distinct b) from t;'
	} >"$work/bulk.sql"
	cat >"$work/words.pl" <<-EOF
		my (%h, @l); for my \$i (1..$(count 400000)) { my \$k = "word" . (\$i * 7919 % 50021);
		\$h{\$k} .= chr(65 + \$i % 26); push @l, \$k if \$i % 3 == 0; }
		print scalar(keys %h), " ", length(join ",", sort @l), "\n";
	EOF
	cat >"$work/rows.py" <<-EOF
		import json
		rows = [{"id": i, "name": "row %d" % i, "list": list(range(i % 40))} for i in range($(count 20000))]
		print(len(json.dumps(json.loads(json.dumps(rows)))))
	EOF
	make_translation_unit
}

# C++ with templates, preprocessed: the compiler proper is measured, not its driver and assembler.
make_translation_unit()
{
	local i
	for ((i = 0; i < $(count 20); i++)); do
		echo "struct s$i { std::map<int, std::vector<std::string>> m; };"
		echo "size_t f$i(s$i &s) { size_t n = $i; for (auto &e : s.m) for (auto &t : e.second)"
		echo "n += t.size(); s.m[$i].push_back(std::to_string(n)); return n; }"
	done | { printf '#include <%s>\n' map string vector && cat; } >"$work/large.cc"
	${CXX:-c++} -E -P -o "$work/large.ii" "$work/large.cc" 2>/dev/null
}

nginx_conf()
{
	cat <<-EOF
		daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/error.log;
		events { worker_connections 64; }
		http {
			access_log off; keepalive_requests 1000000;
			client_body_temp_path $work; proxy_temp_path $work;
			fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
			server { listen 127.0.0.1:$1; location / { return 200 "served\n"; } }
		}
	EOF
}
