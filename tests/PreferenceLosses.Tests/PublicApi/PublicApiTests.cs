using System.Runtime.CompilerServices;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.PublicApi;

/// <summary>
/// The public API, and the defaults of hyper-parameters, against a committed text: a change of either is seen in review. On a
/// difference the new text is written beside the committed one, as <c>.received.txt</c>; replace it if the change is meant.
/// </summary>
public class PublicApiTests
{
    [Fact]
    public void The_public_API_and_the_defaults_are_the_committed_ones() => Compare(
        "PreferenceLosses.txt", ApiText.Of(typeof(IPreferenceLoss).Assembly) + ApiText.OfCatalog(LossCatalog.BuiltIn));

    private static void Compare(string file, string actual, [CallerFilePath] string here = "")
    {
        var committed = Path.Combine(AppContext.BaseDirectory, "PublicApi", file);
        var expected = File.Exists(committed) ? File.ReadAllText(committed) : "";
        if (expected == actual)
        {
            return;
        }

        var folder = Path.GetDirectoryName(here)!;
        var received = Path.Combine(Directory.Exists(folder) ? folder : AppContext.BaseDirectory, Path.ChangeExtension(file, ".received.txt"));
        File.WriteAllText(received, actual);
        var (gone, added) = (expected.Split('\n').Except(actual.Split('\n')), actual.Split('\n').Except(expected.Split('\n')));
        Assert.Fail($"The public API differs from {file}; the new one is in {received}.\n"
            + string.Join('\n', gone.Select(line => "- " + line).Concat(added.Select(line => "+ " + line))));
    }
}
