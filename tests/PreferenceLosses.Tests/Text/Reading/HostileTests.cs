using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using PreferenceLosses.Tests.Support;
using PreferenceLosses.Text;
using Xunit.Abstractions;

namespace PreferenceLosses.Tests.Text.Reading;

/// <summary>Whatever a text contains, reading it gives a loss or diagnostics: soon, in little memory, and nothing else happens.</summary>
public class HostileTests(ITestOutputHelper output)
{
    private const int Repetitions = 8;
    private const int LargestAllocation = 64 << 20;

    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void Hostile_texts_give_diagnostics_soon_and_in_little_memory()
    {
        var texts = HostileTexts.All().ToList();
        Assert.True(texts.Count >= 200, $"There are {texts.Count} texts.");
        var accepted = new List<string>();
        var slowest = (Time: TimeSpan.Zero, Name: "");
        var largest = (Bytes: 0L, Name: "");
        foreach (var (name, text) in texts)
        {
            // Once before the clock runs, so that no compilation is measured; the best of several, so that no other work is.
            var result = LossCode.Parse(text);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var time = Enumerable.Range(0, Repetitions).Min(_ => Time(() => LossCode.Parse(text).Loss?.Graph.Losses.ToString()));
            var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Repetitions;

            Assert.True(result.Loss is null != result.Diagnostics.IsEmpty, name);
            Assert.All(result.Diagnostics, d => AssertReadable(d, result.Text, name));
            slowest = time > slowest.Time ? (time, name) : slowest;
            largest = bytes > largest.Bytes ? (bytes, name) : largest;
            if (result.Loss is not null)
            {
                accepted.Add(name);
            }
        }

        output.WriteLine($"{texts.Count} texts, {accepted.Count} accepted: {string.Join("; ", accepted)}");
        output.WriteLine($"slowest {slowest.Time.TotalMilliseconds:F1} ms: {slowest.Name}; largest {largest.Bytes >> 10} KiB: {largest.Name}");
        Assert.True(slowest.Time < Longest, $"{slowest}");
        Assert.True(largest.Bytes < LargestAllocation, $"{largest}");
        Assert.Equal(AcceptedHarmlessly, accepted);
    }

    /// <summary>What looks dangerous and is a plain formula.</summary>
    private static readonly string[] AcceptedHarmlessly =
    [
        "lw; import os", "def f(self, lw, ll, rw, rl):\n\treturn lw\n        return lw", "63 parentheses", "a tuple of 5000", "nested tuples", "doubling",
        "squaring", "squaring in one name", "length doubling", "a long number", "a long comment", "15000 spaces", "15000 tabs", "400 sorts", "400 variables",
    ];

    [Fact]
    public void Whatever_a_function_is_called_with_gives_a_loss_or_diagnostics() => Assert.All(HostileTexts.WrongCalls(), text =>
    {
        var result = LossCode.Parse(text);
        Assert.True(result.Loss is null != result.Diagnostics.IsEmpty, text);
        Assert.NotEqual(0, result.Loss?.Graph.Losses.Length);
    });

    [Theory]
    [InlineData(20_000)]
    public void Mutated_texts_give_a_loss_or_diagnostics(int count) => Fuzz(count, seed: 1);

    [Theory]
    [InlineData(1_000_000)]
    [Trait("Category", "Long")]
    public void A_million_mutated_texts_give_a_loss_or_diagnostics(int count) => Fuzz(count, seed: 2);

    [Fact]
    public void The_library_refers_to_nothing_that_reads_writes_connects_or_runs()
    {
        using var file = File.OpenRead(typeof(LossCode).Assembly.Location);
        using var image = new PEReader(file);
        var metadata = image.GetMetadataReader();
        var types = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(t => $"{metadata.GetString(t.Namespace)}.{metadata.GetString(t.Name)}").ToList();
        string[] dangerous =
        [
            "System.IO.File", "System.IO.Directory", "System.IO.Path", "System.IO.StreamWriter", "System.IO.StreamReader", "System.Net", "System.Diagnostics.Process",
            "System.Activator", "System.Runtime.Loader", "Microsoft.CodeAnalysis",
        ];
        Assert.Contains("System.IO.MemoryStream", types);       // The list is one.
        Assert.DoesNotContain(types, type => dangerous.Any(d => type.StartsWith(d, StringComparison.Ordinal)));

        // Machine code is written for programs: loops that call the kernels of a closed list of operations. Nothing can be found by its name.
        Assert.Equal(
            ["DynamicMethod", "ILGenerator", "Label", "LocalBuilder", "OpCode", "OpCodes"],
            types.Where(t => t.StartsWith("System.Reflection.Emit.", StringComparison.Ordinal)).Select(t => t["System.Reflection.Emit.".Length..]).Order());
        string[] lookups = ["GetMethod", "GetMethods", "GetMember", "GetConstructor", "InvokeMember", "CreateInstance", "ResolveMethod"];
        var members = metadata.MemberReferences.Select(metadata.GetMemberReference).Select(m => metadata.GetString(m.Name)).ToList();
        Assert.DoesNotContain(members, m => lookups.Contains(m));
    }

    private void Fuzz(int count, int seed)
    {
        var mutations = new TextMutations([.. TextGoldens.Texts.Values, .. HostileTexts.All().Select(t => t.Text).Where(t => t.Length < 2000)], seed);
        var accepted = 0;
        var slowest = (Time: TimeSpan.Zero, Text: "");
        for (var i = 0; i < count; i++)
        {
            var text = mutations.Next();
            LossCodeResult? result = null;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var time = Time(() => result = LossCode.Parse(text));
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < LargestAllocation, text);
            Assert.NotEqual(0, result?.Loss?.Graph.Losses.Length);
            Assert.True(result!.Loss is null != result.Diagnostics.IsEmpty, text);
            Assert.All(result.Diagnostics, d => AssertReadable(d, result.Text, text));
            accepted += result.Loss is null ? 0 : 1;
            if (time > slowest.Time && time > Longest)
            {
                // It may have been another process: what is slow is slow again, and again.
                time = Enumerable.Range(0, 10).Min(_ => Time(() => LossCode.Parse(text)));
            }

            slowest = time > slowest.Time ? (time, text) : slowest;
        }

        output.WriteLine($"{count} texts, {accepted} accepted; slowest {slowest.Time.TotalMilliseconds:F1} ms");
        Assert.True(slowest.Time < Longest, $"{slowest.Time.TotalMilliseconds:F1} ms:\n{slowest.Text}");
        Assert.InRange(accepted, count / 100, count / 2);       // Else nothing but noise, or nothing but what is known, was tried.
    }

    private static TimeSpan Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start);
    }

    private static void AssertReadable(LossDiagnostic diagnostic, string text, string name)
    {
        var lines = text.Split('\n');
        Assert.InRange(diagnostic.Line, 1, lines.Length + 1);
        Assert.InRange(diagnostic.Column, 1, (diagnostic.Line <= lines.Length ? lines[diagnostic.Line - 1].Length : 0) + 1);
        Assert.True(diagnostic.Message.Length is > 10 and < 400 && diagnostic.Advice.Length < 400, name);
        Assert.DoesNotContain(diagnostic.ToString(), char.IsControl);
    }
}
