using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Tests.PublicApi;

/// <summary>The public surface of an assembly as text: types, members, parameter names and default values, sorted.</summary>
internal static class ApiText
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetTypes().Where(IsVisible).OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Kind(type)} {type.Namespace}.{Name(type)}{Bases(type)}\n");
            foreach (var member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {member}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Names, defaults and accepted values of every hyper-parameter of the catalogue: they are an interface too.</summary>
    public static string OfCatalog(LossCatalog catalog)
    {
        var text = new StringBuilder("catalogue\n");
        foreach (var entry in catalog.Entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {string.Join(" = ", entry.Aliases.Prepend(entry.Name))}");
            foreach (var (parameter, value) in entry.Loss.Parameters)
            {
                text.Append(CultureInfo.InvariantCulture, $"; {parameter.Name} = {value:R} ({parameter.Bounds})");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static bool IsVisible(Type type) => type.IsNested ? type.IsNestedPublic && IsVisible(type.DeclaringType!) : type.IsPublic;

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)}");
        }

        // What the compiler writes for a record is not ours to change.
        var members = type.GetMembers(Declared).Where(m => m.GetCustomAttribute<CompilerGeneratedAttribute>() is null);
        return members.Select(m => m switch
        {
            ConstructorInfo c when IsVisible(c) && !IsCopy(c) => $"{Access(c)}new({Parameters(c)})",
            PropertyInfo p when p.GetAccessors(nonPublic: true).Any(IsVisible) => Property(p),
            FieldInfo { IsPublic: true } f => $"{(f.IsLiteral ? "const " : "static ")}{Name(f.FieldType)} {f.Name}{(f.IsLiteral ? $" = {f.GetRawConstantValue()}" : "")}",
            MethodInfo method when IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) =>
                $"{Access(method)}{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}{Generic(method)}({Parameters(method)})",
            _ => "",
        }).Where(line => line.Length > 0);
    }

    private static bool IsCopy(ConstructorInfo c) => c.GetParameters() is [var only] && only.ParameterType == c.DeclaringType;

    private static string Property(PropertyInfo p)
    {
        var accessors = string.Join(' ', p.GetAccessors(nonPublic: true).Where(IsVisible).Select(a =>
            a.ReturnType != typeof(void) ? "get;"
            : a.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init;" : "set;"));
        var index = string.Join(", ", p.GetIndexParameters().Select(Parameter));
        var isStatic = p.GetAccessors(nonPublic: true)[0].IsStatic ? "static " : "";
        return $"{Access(p.GetAccessors(nonPublic: true).First(IsVisible))}{isStatic}{Name(p.PropertyType)} {(index.Length > 0 ? $"this[{index}]" : p.Name)} {{ {accessors} }}";
    }

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Kind(Type type) =>
        (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract && !type.IsInterface ? "abstract " : "")
        + (type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsByRefLike ? "ref struct" : type.IsValueType ? "struct" : "class");

    private static string Bases(Type type)
    {
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        var bases = new[] { type.BaseType }
            .Where(b => b is not null && b != typeof(object) && b != typeof(ValueType) && b != typeof(Enum))
            .Concat(type.IsEnum ? [] : type.GetInterfaces().Except(inherited).OrderBy(i => i.FullName, StringComparer.Ordinal))
            .Select(b => Name(b!)).ToList();
        return bases.Count == 0 ? "" : " : " + string.Join(", ", bases);
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo p)
    {
        var value = !p.HasDefaultValue ? "" : $" = {(p.DefaultValue is null ? "default" : string.Create(CultureInfo.InvariantCulture, $"{p.DefaultValue}"))}";
        return $"{(p.IsIn ? "in " : p.ParameterType.IsByRef ? "ref " : "")}{Name(p.ParameterType)} {p.Name}{value}";
    }

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static string Name(Type type)
    {
        if (type.IsByRef || type.IsPointer)
        {
            return Name(type.GetElementType()!) + (type.IsPointer ? "*" : "");
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        var name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
