"""Late results of many: a hundred pull requests with nothing new, and one that would take the hour from all others."""

from action.test_late import opened, run, statuses


def test_a_hundred_with_nothing_new_cost_two_requests_each(research):
    hundred = opened(research, 100)
    run(hundred)
    assert len({commit for commit, _ in statuses(hundred)}) == 100
    log = run(hundred)
    # The list of pull requests, the base's tip, its tree, its policy, and its registry; then two each.
    assert len(log) <= 2 * 100 + 5
    assert {method for method, _ in log} == {"GET"}
    assert "100 heads with nothing new" in hundred.text


def test_a_forks_1200_files_starve_nobody_within_the_limit_of_an_hour(research):
    """The fork's pull request is the oldest, so it comes first; each run is one hour's."""
    crowd = opened(research, 30)
    crowd.repo.git("switch", "--quiet", "b8")
    for number in range(1200):
        crowd.repo.write(f"files/{number}.txt", str(number))
    crowd.repo.git("add", "--all")
    crowd.repo.git("commit", "--quiet", "--message", "many")
    big = crowd.repo.git("rev-parse", "HEAD")
    crowd.server.state.add_pull(8, crowd.base, big, branch="b8", fork=True)
    crowd.repo.git("switch", "--quiet", "main")
    crowd.server.state.limits.requests = 1000
    crowd.server.state.used = 0
    run(crowd)
    assert crowd.server.state.used < 1000
    found = dict(statuses(crowd))
    assert found.pop(big) == "error"
    assert list(found.values()) == ["success"] * 29, "all the others, in the same hour"
    assert len([path for _, path in crowd.server.log if "/git/blobs/" in path]) < 400
