using System.Text.Json;
using PreferenceLosses.Cli.Tests.Support;
using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Cli.Tests.Discovery;

/// <summary>A model on a server that wants out: through the names, thoughts, comments and replies of a whole run, into paths, the shell, the terminal and the report.</summary>
public sealed class HostileModelTests : IDisposable
{
    private const string KeyVariable = "PREFERENCE_LOSSES_CLI_TEST_KEY";
    private const string Key = "sk-not-to-be-seen-9876543210";

    /// <summary>Each in four places: 72 attempts. PWNED is a file that a shell would make.</summary>
    private static readonly string[] Texts =
    [
        "../../../../PWNED", "/PWNED", "..\\PWNED", "~/PWNED", "a\0b", "$(touch PWNED)", "`touch PWNED`", "; touch PWNED #", "| tee PWNED", "\" ; touch PWNED ; \"", "' && touch PWNED && '",
        "\u001b]0;PWNED\u0007\u001b[2J\u001b[31m", "\u009b31mPWNED", "line\r\u001b[1APWNED", "a\u202Egnp.exe\u2066",
        "<script>document.title='PWNED'</script>", "\"><img src=x onerror=alert(1)>", "]]></style></pre><iframe src='javascript:alert(1)'>",
    ];

    private readonly DiscoverFolder folder = new();

    public HostileModelTests() => Environment.SetEnvironmentVariable(KeyVariable, Key);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(KeyVariable, null);
        folder.Dispose();
    }

    private static string Reply(string text, int i)
    {
        var comment = text.ReplaceLineEndings(" ").Replace('\0', ' ');
        var code = $"def {(i % 2 == 0 ? "f" : "g")}(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):\n"
            + $"    # {comment}\n    rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)\n"
            + $"    return F.softplus({i + 1} / 10 - self.beta * rho)\n";
        return text + JsonSerializer.Serialize(new { thought = text, name = text, code });
    }

    [Fact]
    public void It_gets_nowhere()
    {
        using var server = new LoopbackServer([.. Texts.Select((text, i) => LoopbackServer.Reply(Reply(text, i)))]);
        var before = Everything();
        var run = CommandLine.Run(folder.Run(
            "run", "--model", "m", "--base-url", server.Address.ToString(), "--key-variable", KeyVariable, "--generations", "100", "--attempts", "18", "--repairs", "0", "--prices", "1,10"));
        Assert.True(run.Status == 0, run.Error);
        Assert.Equal(Texts.Length, server.Requests.Count);
        Assert.Contains("18 proposals asked for, ", run.Output, StringComparison.Ordinal);
        var scored = JsonElement.Parse(CommandLine.Run("discover", "show", folder.PathOf("run"), "--json").Output).GetProperty("generations").GetInt32();
        Assert.InRange(scored, 12, 18);

        // 18 replies of 120 + 30 tokens, at 1 and 10 a million: 18·(120 + 300)/10⁶.
        Assert.Contains("2160 + 540 tokens, cost 0.0076\n", run.Output, StringComparison.Ordinal);

        var report = CommandLine.Run("discover", "report", folder.PathOf("run"));
        var shown = CommandLine.Run("discover", "show", folder.PathOf("run"));
        var exported = CommandLine.Run("discover", "export", folder.PathOf("run"), "7", "--to", "pytorch");
        var json = CommandLine.Run("discover", "show", folder.PathOf("run"), "--json");
        Assert.All((string[])[run.Output, run.Error, shown.Output, json.Output, exported.Output, report.Output], IsPlain);
        Assert.DoesNotContain("PWNED", exported.Output, StringComparison.Ordinal);

        // Nothing but the files of the run is there that was not there before, and the key is in none of them.
        Assert.Equal(
            before.Concat(["run/archive.jsonl", "run/chat.jsonl", "run/report.html", "run/settings.json"]).Order(StringComparer.Ordinal), Everything());
        Assert.False(File.Exists("PWNED") || File.Exists("/PWNED") || File.Exists(Path.Combine(folder.PathOf("run"), "../../../../PWNED")));
        Assert.All(Directory.GetFiles(folder.PathOf("run")), file => Assert.DoesNotContain(Key, File.ReadAllText(file), StringComparison.Ordinal));
        Assert.Contains($"Bearer {Key}", server.Requests[0], StringComparison.Ordinal);

        var page = File.ReadAllText(folder.PathOf("run/report.html"));
        Assert.All((string[])["<script", "<img", "<iframe", "onerror=\"", "javascript:\""], markup => Assert.DoesNotContain(markup, page, StringComparison.OrdinalIgnoreCase));
        IsPlain(page);

        // The same conversation from its recording is the same run.
        var recorded = CommandLine.Run(folder.Run(
            "again", "--model", "recorded", "--recording", folder.PathOf("run/chat.jsonl"), "--generations", "100", "--attempts", "18", "--repairs", "0", "--prices", "1,10"));
        Assert.Equal(run.Output, recorded.Output);
    }

    [Fact]
    public void A_budget_ends_the_search_before_it_is_exceeded()
    {
        // A request can come to 9,000 tokens or so, and does come to 150.
        using var server = new LoopbackServer([.. Enumerable.Repeat(LoopbackServer.Reply("I cannot help with that."), 100)]);
        string[] model = ["--model", "m", "--base-url", server.Address.ToString(), "--max-tokens", "12000", "--reply-tokens", "500", "--context", "none", "--repairs", "0"];
        var run = CommandLine.Run(folder.Run("run", model));
        Assert.True(server.Requests.Count is > 1 and < 70, $"{server.Requests.Count} requests");
        Assert.True(run.Status == 0, run.Error);
        Assert.Contains("ended: The budget is 12000 tokens, ", run.Output, StringComparison.Ordinal);

        // It can be gone on with by a larger budget, up to where that ends.
        var before = server.Requests.Count;
        var resumed = CommandLine.Run("discover", "resume", folder.PathOf("run"), "--max-tokens", "12500");
        Assert.InRange(server.Requests.Count - before, 3, 4);
        Assert.Contains("ended: The budget is 12500 tokens, ", resumed.Output, StringComparison.Ordinal);
        Assert.Contains("goes the same way", CommandLine.Run("discover", "replay", folder.PathOf("run")).Output, StringComparison.Ordinal);
    }

    private string[] Everything() =>
        [.. Directory.EnumerateFiles(folder.PathOf("."), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder.PathOf("."), file)).Order(StringComparer.Ordinal)];

    private static void IsPlain(string text) => Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\n') || c is '\u202E' or '\u2066');
}
