import BuiltinSupport

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Describes things as the API does; knows where links lead.
struct Shapes: Sendable {
    /// The base URL, without a final slash.
    let root: String
    let site: Site

    func user(_ id: Int) -> JSON { site.accounts[id].map(user) ?? ["id": -1, "login": "Ghost", "username": "Ghost"] }

    func user(_ account: Account) -> JSON {
        [
            "id": .int(account.id), "login": .string(account.login), "login_name": "", "source_id": 0,
            "full_name": .string(account.fullName), "email": .string(account.email),
            "avatar_url": .string("\(root)/avatars/\(account.id)"),
            "html_url": .string("\(root)/\(account.login)"), "language": "", "is_admin": .bool(account.isAdmin),
            "last_login": "1970-01-01T00:00:00Z", "created": .string(account.created), "restricted": false,
            "active": .bool(account.isActive), "prohibit_login": false, "location": .string(account.location),
            "website": .string(account.website), "description": .string(account.description),
            "visibility": .string(account.visibility), "followers_count": 0, "following_count": 0,
            "starred_repos_count": 0, "username": .string(account.login),
        ]
    }

    func organisation(_ account: Account) -> JSON {
        [
            "id": .int(account.id), "name": .string(account.login), "username": .string(account.login),
            "full_name": .string(account.fullName), "email": .string(account.email),
            "avatar_url": .string("\(root)/avatars/\(account.id)"), "description": .string(account.description),
            "website": .string(account.website), "location": .string(account.location),
            "visibility": .string(account.visibility), "repo_admin_change_team_access": false,
        ]
    }

    func team(_ team: Team) -> JSON {
        let units = ["repo.code", "repo.issues", "repo.releases"]
        return [
            "id": .int(team.id), "name": .string(team.name), "description": .string(team.description),
            "organization": site.accounts[team.organisation].map(organisation) ?? .null,
            "includes_all_repositories": .bool(team.hasAllRepositories), "permission": .string(team.access.word),
            "units": .strings(units),
            "units_map": .object(Dictionary(uniqueKeysWithValues: units.map { ($0, .string(team.access.word)) })),
            "can_create_org_repo": .bool(team.access == .owner),
        ]
    }

    /// The address of a repository, for people and for git without its `.git`.
    func address(_ repository: Repository) -> String {
        "\(root)/\(site.login(of: repository.owner))/\(repository.name)"
    }

    func api(_ repository: Repository) -> String {
        "\(root)/api/v1/repos/\(site.login(of: repository.owner))/\(repository.name)"
    }

    func repository(_ repository: Repository, access: Access, isEmpty: Bool, size: Int = 0, counts: Counts = .init())
        -> JSON
    {
        let owner = site.login(of: repository.owner)
        let host = root.split(separator: "/").dropFirst().first?.split(separator: ":").first.map(String.init) ?? ""
        return [
            "id": .int(repository.id), "owner": user(repository.owner), "name": .string(repository.name),
            "full_name": .string("\(owner)/\(repository.name)"), "description": .string(repository.description),
            "empty": .bool(isEmpty), "private": .bool(repository.isPrivate), "fork": false, "template": false,
            "parent": .null, "mirror": false, "size": .int(size), "language": "", "link": "",
            "languages_url": .string("\(api(repository))/languages"), "html_url": .string(address(repository)),
            "url": .string(api(repository)), "ssh_url": .string("git@\(host):\(owner)/\(repository.name).git"),
            "clone_url": .string("\(address(repository)).git"), "original_url": "",
            "website": .string(repository.website), "stars_count": 0, "forks_count": 0, "watchers_count": 0,
            "open_issues_count": .int(counts.openIssues), "open_pr_counter": 0,
            "release_counter": .int(counts.releases), "default_branch": .string(repository.defaultBranch),
            "archived": .bool(repository.isArchived), "created_at": .string(repository.created),
            "updated_at": .string(repository.updated), "archived_at": "1970-01-01T00:00:00Z",
            "permissions": [
                "admin": .bool(access >= .admin), "push": .bool(access >= .write), "pull": .bool(access >= .read),
            ],
            "has_issues": true, "has_wiki": false, "has_pull_requests": false, "has_projects": false,
            "has_releases": true, "has_packages": false, "has_actions": false, "internal": false,
            "mirror_interval": "", "object_format_name": "sha1", "topics": .strings(repository.topics),
            "avatar_url": "",
        ]
    }

    /// What a repository's description counts.
    struct Counts {
        var openIssues = 0
        var releases = 0
    }

    func label(_ label: Label, _ repository: Repository) -> JSON {
        [
            "id": .int(label.id), "name": .string(label.name), "exclusive": .bool(label.isExclusive),
            "is_archived": false, "color": .string(label.color), "description": .string(label.description),
            "url": .string("\(api(repository))/labels/\(label.id)"),
        ]
    }

    func milestone(_ milestone: Milestone, _ ledger: Ledger) -> JSON {
        let issues = ledger.issues.values.filter { $0.milestone == milestone.id }
        return [
            "id": .int(milestone.id), "title": .string(milestone.title),
            "description": .string(milestone.description), "state": milestone.closed == nil ? "open" : "closed",
            "open_issues": .int(issues.count { $0.closed == nil }),
            "closed_issues": .int(issues.count { $0.closed != nil }), "created_at": .string(milestone.created),
            "updated_at": .string(milestone.updated), "closed_at": .text(milestone.closed),
            "due_on": .text(milestone.due),
        ]
    }

    func issue(_ issue: Issue, _ repository: Repository, _ ledger: Ledger) -> JSON {
        let owner = site.login(of: repository.owner)
        let assignees = issue.assignees.map { user($0) }
        return [
            "id": .int(issue.id), "url": .string("\(api(repository))/issues/\(issue.number)"),
            "html_url": .string("\(address(repository))/issues/\(issue.number)"), "number": .int(issue.number),
            "user": user(issue.author), "original_author": "", "original_author_id": 0,
            "title": .string(issue.title), "body": .string(issue.body), "ref": "", "assets": [],
            "labels": .array(issue.labels.compactMap { ledger.labels[$0] }.map { label($0, repository) }),
            "milestone": issue.milestone.flatMap { ledger.milestones[$0] }.map { milestone($0, ledger) } ?? .null,
            "assignee": assignees.first ?? .null, "assignees": assignees.isEmpty ? .null : .array(assignees),
            "state": issue.closed == nil ? "open" : "closed", "is_locked": false,
            "comments": .int(issue.comments.count), "created_at": .string(issue.created),
            "updated_at": .string(issue.updated), "closed_at": .text(issue.closed), "due_date": .text(issue.due),
            "pull_request": .null, "pin_order": 0,
            "repository": [
                "id": .int(repository.id), "name": .string(repository.name), "owner": .string(owner),
                "full_name": .string("\(owner)/\(repository.name)"),
            ],
        ]
    }

    func comment(_ comment: Comment, of issue: Issue, _ repository: Repository) -> JSON {
        let page = "\(address(repository))/issues/\(issue.number)"
        return [
            "id": .int(comment.id), "html_url": .string("\(page)#issuecomment-\(comment.id)"),
            "pull_request_url": "", "issue_url": .string(page), "user": user(comment.author),
            "original_author": "", "original_author_id": 0, "body": .string(comment.body), "assets": [],
            "created_at": .string(comment.created), "updated_at": .string(comment.updated),
        ]
    }

    func release(_ release: Release, _ repository: Repository) -> JSON {
        let tag = URLText.encoded(release.tag, keeping: "/")
        return [
            "id": .int(release.id), "tag_name": .string(release.tag), "target_commitish": .string(release.target),
            "name": .string(release.name), "body": .string(release.body),
            "url": .string("\(api(repository))/releases/\(release.id)"),
            "html_url": .string("\(address(repository))/releases/tag/\(tag)"),
            "tarball_url": .string("\(address(repository))/archive/\(tag).tar.gz"),
            "zipball_url": .string("\(address(repository))/archive/\(tag).zip"),
            "upload_url": .string("\(api(repository))/releases/\(release.id)/assets"),
            "draft": .bool(release.isDraft), "prerelease": .bool(release.isPrerelease),
            "created_at": .string(release.created), "published_at": .string(release.created),
            "author": user(release.author),
            "assets": .array(release.assets.map { asset($0, of: release, repository) }),
        ]
    }

    func asset(_ asset: Asset, of release: Release, _ repository: Repository) -> JSON {
        let path = "\(URLText.encoded(release.tag, keeping: "/"))/\(URLText.encoded(asset.name))"
        return [
            "id": .int(asset.id), "name": .string(asset.name), "size": .int(asset.size),
            "download_count": .int(asset.downloads), "created_at": .string(asset.created),
            "uuid": .string(asset.uuid),
            "browser_download_url": .string("\(address(repository))/releases/download/\(path)"),
        ]
    }

    func hook(_ hook: Hook) -> JSON {
        [
            "id": .int(hook.id), "type": .string(hook.type), "branch_filter": .string(hook.branchFilter),
            "config": ["content_type": .string(hook.contentType), "url": .string(hook.url)],
            "events": .strings(hook.events), "authorization_header": .string(hook.authorization),
            "active": .bool(hook.isActive), "updated_at": .string(hook.updated), "created_at": .string(hook.created),
        ]
    }

    func commit(_ commit: Commit, _ repository: Repository) -> JSON {
        [
            "url": .string("\(api(repository))/git/commits/\(commit.id)"), "sha": .string(commit.id),
            "created": .string(commit.committer.date),
            "html_url": .string("\(address(repository))/commit/\(commit.id)"),
            "commit": [
                "url": .string("\(api(repository))/git/commits/\(commit.id)"), "author": commit.author.json,
                "committer": commit.committer.json, "message": .string(commit.message),
                "tree": [
                    "url": .string("\(api(repository))/git/trees/\(commit.tree)"), "sha": .string(commit.tree),
                    "created": .string(commit.committer.date),
                ],
                "verification": Self.unsigned,
            ],
            "author": person(commit.author), "committer": person(commit.committer),
            "parents": .array(
                commit.parents.map {
                    ["url": .string("\(api(repository))/git/commits/\($0)"), "sha": .string($0)]
                }), "files": .null, "stats": .null,
        ]
    }

    /// What is said of commits that nobody signed.
    static let unsigned: JSON = [
        "verified": false, "reason": "gpg.error.not_signed_commit", "signature": "", "signer": .null, "payload": "",
    ]

    private func person(_ signature: Signature) -> JSON {
        site.accounts.values.first { !$0.email.isEmpty && $0.email == signature.email }.map(user) ?? .null
    }
}

extension Gitea {
    /// Describes things for a caller, from what is known now.
    func shapes(_ call: Call) -> Shapes { Shapes(root: root(call), site: site.read { $0 }) }

    /// Describes a repository for a caller.
    func describe(_ repository: Repository, _ call: Call, _ caller: Caller?) async throws -> JSON {
        let shapes = shapes(call)
        let counts = try ledger(repository.id).read { ledger in
            Shapes.Counts(
                openIssues: ledger.issues.values.count { $0.closed == nil },
                releases: ledger.releases.values.count { !$0.isDraft })
        }
        let isEmpty =
            try await git(repository.id).attempt(["rev-parse", "--quiet", "--verify", "HEAD"]).isSuccess == false
        return shapes.repository(
            repository, access: shapes.site.access(of: caller?.account, to: repository), isEmpty: isEmpty,
            counts: counts)
    }
}
