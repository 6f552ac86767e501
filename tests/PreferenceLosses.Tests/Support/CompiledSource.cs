using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.Support;

/// <summary>C# source as an assembly: what exports have to be good for.</summary>
internal static class CompiledSource
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>The only loss that a source declares. Warnings are errors, as they are here.</summary>
    public static PreferenceLoss Loss(string source)
    {
        var tree = CSharpSyntaxTree.ParseText(
            "#nullable enable\nusing System;\n" + source, new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.Diagnose));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, generalDiagnosticOption: ReportDiagnostic.Error)
            .WithSpecificDiagnosticOptions([KeyValuePair.Create("CS8019", ReportDiagnostic.Suppress)]);
        var compilation = CSharpCompilation.Create("Exported" + Guid.NewGuid().ToString("N"), [tree], References, options);
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        var wrong = result.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning).ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong.Select(d => d.ToString())) + "\n" + source);
        var type = Assert.Single(System.Reflection.Assembly.Load(assembly.ToArray()).GetExportedTypes());
        return (PreferenceLoss)Activator.CreateInstance(type)!;
    }
}
