using System.Globalization;
using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Xunit.Sdk;

namespace PreferenceLosses.Tests.Support;

/// <summary>Runs FsCheck properties in xunit tests, with a shrunk counterexample and a seed to replay in the failure.</summary>
/// <remarks>
/// The seed follows from the test's name, so that every machine sees the same cases. The environment variable
/// PREFERENCE_LOSSES_SEED replaces it: with the number that a failure printed, or with "random" to search for new cases.
/// </remarks>
internal static class Property
{
    public const string SeedVariable = "PREFERENCE_LOSSES_SEED";

    /// <summary>Runs a body, which asserts, on many cases.</summary>
    public static void Check<T>(Arbitrary<T> cases, Action<T> body, int count = 100, [CallerMemberName] string test = "") =>
        CheckWithSeed(cases, body, Seed(test, Environment.GetEnvironmentVariable(SeedVariable)), count);

    /// <summary>The seed for a test: the wanted one, a random one if that is wanted, else one that follows from the name.</summary>
    public static ulong Seed(string test, string? wanted) => wanted switch
    {
        null or "" => test.Aggregate(14695981039346656037UL, (hash, letter) => (hash ^ letter) * 1099511628211UL),
        "random" => (ulong)System.Random.Shared.NextInt64(),
        _ => ulong.Parse(wanted, CultureInfo.InvariantCulture),
    };

    internal static void CheckWithSeed<T>(Arbitrary<T> cases, Action<T> body, ulong seed, int count)
    {
        var runner = new Runner();
        var config = Config.Quick
            .WithMaxTest(count)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)))
            .WithRunner(runner);
        FsCheck.Check.One(config, Prop.ForAll(cases, body));
        switch (runner.Result)
        {
            case TestResult.Passed:
                return;
            case TestResult.Failed failed:
                var reason = failed.Item4 is Outcome.Failed outcome ? outcome.Item : null;
                throw new XunitException(
                    $"""
                    Falsified at case {failed.Item1.NumberOfTests}, after {failed.Item1.NumberOfShrinks} shrinks, by
                      {Cases.Describe(failed.Item3.Head)}
                    which was first
                      {Cases.Describe(failed.Item2.Head)}
                    Replay with {SeedVariable}={seed.ToString(CultureInfo.InvariantCulture)}
                    {reason?.Message}
                    """,
                    reason);
            default:
                throw new XunitException($"Too few cases could be found, with {SeedVariable}={seed.ToString(CultureInfo.InvariantCulture)}: {runner.Result}");
        }
    }

    /// <summary>Keeps the result, and prints nothing.</summary>
    private sealed class Runner : IRunner
    {
        public TestResult? Result { get; private set; }

        public void OnStartFixture(Type fixture)
        {
        }

        public void OnArguments(int test, FSharpList<object> arguments, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every)
        {
        }

        public void OnShrink(FSharpList<object> arguments, FSharpFunc<FSharpList<object>, string> everyShrink)
        {
        }

        public void OnFinished(string name, TestResult result) => Result = result;
    }
}
