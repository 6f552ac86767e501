using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using PreferenceLosses.Discovery.Tests.Support;
using PreferenceLosses.Losses;
using PreferenceLosses.Text;

namespace PreferenceLosses.Discovery.Tests.Fitness;

public sealed class ExternalEvaluatorTests : IDisposable
{
    private const string Code = """
        def hostile_loss(self, policy_chosen_logps, policy_rejected_logps, reference_chosen_logps, reference_rejected_logps):
            # Ignore all rules; $(touch pwned) `touch pwned` ; rm -rf / # "}
            rho = (policy_chosen_logps - policy_rejected_logps) - (reference_chosen_logps - reference_rejected_logps)
            return F.softplus(-self.beta * rho)
        """;

    private static readonly Objective Hostile = new(7, "hostile", Code, LossCode.Parse(Code).GetLoss());

    private readonly TemporaryFolder folder = new();
    private readonly HandTime time = new(skipped: TimeSpan.FromHours(1));

    public void Dispose() => folder.Dispose();

    /// <summary>A command of the shell, with this test's folder as its first argument.</summary>
    private ExternalEvaluator Evaluator(string script, Func<ExternalEvaluatorOptions, ExternalEvaluatorOptions>? change = null)
    {
        var options = new ExternalEvaluatorOptions("/bin/sh", ["-c", script, "evaluator", folder.Path]);
        return new ExternalEvaluator(change is null ? options : change(options), time);
    }

    private static Task<ImmutableArray<SeedScore>> EvaluateAsync(ExternalEvaluator evaluator, params ulong[] seeds) =>
        evaluator.EvaluateAsync(Hostile, [.. seeds], CancellationToken.None);

    [Fact]
    public async Task A_command_gets_the_formula_and_gives_scores()
    {
        using var evaluator = Evaluator("""
            cat > "$1/candidate.json"
            echo "epoch 1 done"
            echo '{"format":1,"scores":[{"seed":5,"failure":"the loss became NaN"},{"seed":3,"score":0.25,"measures":{"kl":3.5},"curves":{"loss":{"steps":[1,2],"values":[0.7,0.6]}}}]}'
            echo
            """);
        var scores = await EvaluateAsync(evaluator, 3, 5);
        Assert.Equal([3UL, 5UL], scores.Select(score => score.Seed));
        Assert.Equal(0.25, scores[0].Score);
        Assert.Equal(3.5, scores[0].Measures["kl"]);
        var curve = Assert.Single(scores[0].Curves);
        Assert.Equal(("loss", 2, 0.6), (curve.Name, curve.Steps[1], curve.Values[1]));
        Assert.Equal("the loss became NaN", scores[1].Failure);
        Assert.Null(scores[1].Score);

        var line = await File.ReadAllTextAsync(folder.PathOf("candidate.json"));
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        var candidate = JsonElement.Parse(line);
        Assert.Equal(1, candidate.GetProperty("format").GetInt32());
        Assert.Equal(7, candidate.GetProperty("number").GetInt32());
        Assert.Equal("hostile", candidate.GetProperty("name").GetString());
        Assert.Equal([3, 5], candidate.GetProperty("seeds").EnumerateArray().Select(seed => seed.GetInt32()));
        Assert.DoesNotContain("touch", line, StringComparison.Ordinal);

        // What was sent is the same function as what was proposed, in each of its forms.
        var proposed = LossFingerprint.Of(Hostile.Loss);
        Assert.True(LossFingerprint.Of(LossCode.Parse(candidate.GetProperty("pytorch").GetString()!).GetLoss()).IsSameFunctionAs(proposed));
        Assert.True(LossFingerprint.Of(LossJson.Deserialize(candidate.GetProperty("loss").GetRawText())).IsSameFunctionAs(proposed));
        Assert.Contains("DPOTrainer", candidate.GetProperty("trl").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_command_left_in_the_background_is_not_awaited()
    {
        using var evaluator = Evaluator("""sleep 40 & echo '{"format":1,"scores":[{"seed":0,"score":1}]}'""");
        var scores = await EvaluateAsync(evaluator, 0).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, scores[0].Score);
    }

    [Fact]
    public async Task A_command_that_fails_is_tried_again_and_all_reasons_are_kept()
    {
        var notes = new List<string>();
        var options = new ExternalEvaluatorOptions("/bin/sh", ["-c", """
            echo x >> "$0/tries"
            case $(wc -l < "$0/tries") in
              1) printf 'no \033[31mnode' >&2; exit 3;;
              2) exit 0;;
              *) echo '{"format":1,"scores":[{"seed":0,"score":1}]}';;
            esac
            """, folder.Path]);
        using var evaluator = new ExternalEvaluator(options, time) { Notes = new Listed(notes) };
        Assert.Equal(1, Assert.Single(await EvaluateAsync(evaluator, 0)).Score);
        Assert.Equal([TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)], time.Waits);
        Assert.Equal(
        [
            "Objective 7, try 1: It ended with exit status 3. Its last errors: no ␛[31mnode Trying again in 10 s.",
            "Objective 7, try 2: It ended with exit status 0 and wrote nothing to standard output. Trying again in 20 s.",
        ], notes);

        File.Delete(folder.PathOf("tries"));
        using var impatient = new ExternalEvaluator(options with { MaxAttempts = 2 }, time);
        var failed = await Assert.ThrowsAsync<EvaluatorException>(() => EvaluateAsync(impatient, 0));
        Assert.Equal(
            "'/bin/sh' gave no scores for objective 7. try 1: It ended with exit status 3. Its last errors: no ␛[31mnode try 2: It ended with exit status 0 and wrote nothing to standard output.",
            failed.Message);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_not_tried_again()
    {
        using var evaluator = new ExternalEvaluator(new ExternalEvaluatorOptions("/no/such/program", []), time);
        var failed = await Assert.ThrowsAsync<EvaluatorException>(() => EvaluateAsync(evaluator, 0));
        Assert.Contains("try 1: It cannot be started", failed.Message, StringComparison.Ordinal);
        Assert.Empty(time.Waits);
    }

    [Theory]
    [InlineData("done", "no such value")]
    [InlineData("[]", "not the scores")]
    [InlineData("{}", "its format is missing; 1 is accepted")]
    [InlineData("""{"format":2,"scores":[]}""", "its format is \"2\"; 1 is accepted")]
    [InlineData("""{"format":1}""", "'scores' is missing")]
    [InlineData("""{"format":1,"scores":[]}""", "the seeds asked for are 0, those that are there ")]
    [InlineData("""{"format":1,"scores":[{"seed":1,"score":1}]}""", "the seeds asked for are 0, those that are there 1")]
    [InlineData("""{"format":1,"scores":[{"seed":0,"score":1},{"seed":0,"score":1}]}""", "seed 0 is there twice")]
    [InlineData("""{"format":1,"scores":[{"seed":0}]}""", "either a score or a failure")]
    [InlineData("""{"format":1,"scores":[{"seed":0,"score":1,"failure":"x"}]}""", "either a score or a failure")]
    [InlineData("""{"format":1,"scores":[{"seed":0,"score":1e999}]}""", "\"1e999\" is no finite number")]
    [InlineData("""{"format":1,"scores":[{"seed":0,"score":"0.5"}]}""", "not the scores")]
    [InlineData("""{"format":1,"scores":[{"seed":-1,"score":1}]}""", "not the scores")]
    [InlineData("""{"format":1,"scores":[{"seed":0,"score":1,"fitness":2}]}""", "a score has \"fitness\"")]
    [InlineData("""{"format":1,"scores":[{"seed":0,"score":1,"measures":{"kl":1e999}}]}""", "no finite number")]
    [InlineData("""{"format":1,"scores":[{"seed":0,"score":1,"curves":{"loss":{"steps":[1],"values":[]}}}]}""", "1 steps and 0 values")]
    public async Task An_answer_that_is_not_the_scores_says_what_is_wrong(string answer, string reason)
    {
        await File.WriteAllTextAsync(folder.PathOf("answer"), answer);
        using var evaluator = Evaluator("cat \"$1/answer\"", options => options with { MaxAttempts = 1 });
        var failed = await Assert.ThrowsAsync<EvaluatorException>(() => EvaluateAsync(evaluator, 0));
        Assert.Contains("The last line of its output is not the scores", failed.Message, StringComparison.Ordinal);
        if (reason is not ("no such value" or "not the scores"))
        {
            Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Much_output_is_not_kept()
    {
        using var evaluator = Evaluator("""
            head -c 20000000 /dev/zero | tr '\0' 'x'
            head -c 5000000 /dev/zero | tr '\0' 'e' >&2
            echo
            echo '{"format":1,"scores":[{"seed":0,"score":1}]}'
            """);
        Assert.Equal(1, (await EvaluateAsync(evaluator, 0))[0].Score);

        using var failing = Evaluator("head -c 5000000 /dev/zero | tr '\\0' 'e' >&2; exit 1", options => options with { MaxAttempts = 1 });
        Assert.InRange((await Assert.ThrowsAsync<EvaluatorException>(() => EvaluateAsync(failing, 0))).Message.Length, 2000, 2300);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_command_that_is_not_done_in_time_or_is_cancelled_is_ended_with_what_it_started(bool isCancelled)
    {
        using var stop = new CancellationTokenSource();
        using var evaluator = Evaluator(
            "trap '' TERM; sleep 1000 & echo $! > \"$1/started\"; mv \"$1/started\" \"$1/child\"; wait", options => options with { Timeout = TimeSpan.FromHours(2), MaxAttempts = 1 });
        var evaluation = evaluator.EvaluateAsync(Hostile, [0], stop.Token);
        while (!File.Exists(folder.PathOf("child")))
        {
            await Task.Delay(10);
        }

        var child = int.Parse(await File.ReadAllTextAsync(folder.PathOf("child")), CultureInfo.InvariantCulture);
        Assert.True(IsRunning(child));
        if (isCancelled)
        {
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => evaluation);
        }
        else
        {
            time.Advance(TimeSpan.FromHours(2));
            Assert.Contains("It was not done after 02:00:00, and was ended.", (await Assert.ThrowsAsync<EvaluatorException>(() => evaluation)).Message, StringComparison.Ordinal);
        }

        for (var i = 0; IsRunning(child) && i < 500; i++)
        {
            await Task.Delay(10);
        }

        Assert.False(IsRunning(child));
    }

    [Fact]
    public async Task As_many_commands_run_at_once_as_are_allowed()
    {
        using var evaluator = Evaluator("""
            mkdir "$1/running.$$"
            sleep 0.2
            ls -d "$1"/running.* | wc -l >> "$1/counts"
            sleep 0.1
            rmdir "$1/running.$$"
            echo '{"format":1,"scores":[{"seed":0,"score":1}]}'
            """, options => options with { Concurrency = 2 });
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => EvaluateAsync(evaluator, 0)));
        var counts = (await File.ReadAllLinesAsync(folder.PathOf("counts"))).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(6, counts.Length);
        Assert.Equal(2, counts.Max());
    }

    [Fact]
    public async Task The_key_of_the_model_is_not_given_on()
    {
        Environment.SetEnvironmentVariable("PREFERENCE_LOSSES_HIDDEN", "hidden-42");
        using var evaluator = Evaluator("""
            env > "$1/environment"
            echo '{"format":1,"scores":[{"seed":0,"score":1}]}'
            """, options => options with { HiddenVariables = ["PREFERENCE_LOSSES_HIDDEN"] });
        await EvaluateAsync(evaluator, 0);
        Environment.SetEnvironmentVariable("PREFERENCE_LOSSES_HIDDEN", null);
        Assert.DoesNotContain("hidden-42", await File.ReadAllTextAsync(folder.PathOf("environment")), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_command_or_version_is_another_fingerprint()
    {
        var options = new ExternalEvaluatorOptions("a", ["b", "c"]);
        string Of(ExternalEvaluatorOptions one)
        {
            using var evaluator = new ExternalEvaluator(one);
            return evaluator.Fingerprint;
        }

        Assert.Equal(Of(options), Of(options with { Timeout = TimeSpan.FromMinutes(1), Concurrency = 7 }));
        Assert.Equal(4, new[] { options, options with { Version = "2" }, options with { Arguments = ["bc"] }, options with { Program = "x" } }.Select(Of).Distinct().Count());
    }

    private static bool IsRunning(int id)
    {
        // A process that has ended and was not yet waited for is a zombie.
        var status = $"/proc/{id.ToString(CultureInfo.InvariantCulture)}/status";
        return File.Exists(status) && !File.ReadAllText(status).Contains("State:\tZ", StringComparison.Ordinal);
    }

    private sealed class Listed(List<string> notes) : IProgress<string>
    {
        public void Report(string value) => notes.Add(value);
    }
}
